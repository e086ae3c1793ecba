"""SemanticKernel's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.semantic_kernel import program
from tests.support import weather
from tests.support.provider import Provider, answer


class TestSemanticKernel(Adopting):
    program = program
    scope = "semantic_kernel"
    asked_for = ("semantic_kernel.utils.telemetry",)
    beside = ("def change(", "return Answer(")

    def besides(self) -> list[str]:
        with Provider() as server:
            choice = {"index": 0, "text": "Paris it is.", "finish_reason": "stop", "logprobs": None}
            usage = {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}
            reply = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": weather.MODEL}
            server.queue("/v1/completions", answer({**reply, "choices": [choice], "usage": usage}))
            return [program.complete(server.url)]
