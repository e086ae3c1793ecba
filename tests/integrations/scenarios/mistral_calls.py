"""Programs that ask Mistral: between them they pass every line of the integration."""

from __future__ import annotations

from typing import Any

from tests.integrations.scenarios.stage import Stage
from tests.support.provider import answer, events

HI: Any = [{"role": "user", "content": "Hi"}]
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
HEAD = {"id": "m1", "object": "chat.completion", "created": 1, "model": "m-9-1"}


def reply(content: Any, finish: str = "stop") -> dict[str, Any]:
    """A whole reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    return {**HEAD, "choices": [choice], "usage": USAGE}


THOUGHT = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Hello"}]


def whole(on: Stage) -> Any:
    """Chats, agents and completions."""
    on.queue("/v1/chat/completions", answer(reply(THOUGHT, "model_length")))
    on.queue("/v1/agents/completions", answer(reply("Hello")))
    on.queue("/v1/fim/completions", answer(reply("Hello")))
    asked: Any = [
        {"role": "user", "content": [{"type": "document_url", "document_url": "https://files.example/a.pdf"}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]},
        *HI,
    ]
    options: Any = {"n": 1, "stop": "END", "random_seed": 7, "reasoning_effort": "high"}
    return [
        on.mistral.chat.complete(model="m-9", messages=asked, **options),
        on.mistral.agents.complete(agent_id="ag_1", messages=HI),
        on.mistral.fim.complete(model="m-9", prompt="def f(", suffix="return a"),
    ]


def streamed(on: Stage) -> Any:
    """A stream that thinks first."""
    chunks = [
        {
            **HEAD,
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": THOUGHT}, "finish_reason": None}],
        },
        {**HEAD, "choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}], "usage": USAGE},
    ]
    on.queue("/v1/chat/completions", events(chunks), events(chunks))
    left = on.mistral.chat.stream(model="m-9", messages=HI)
    found = next(left)
    left.close()
    return found, list(on.mistral.chat.stream(model="m-9", messages=HI))


def others(on: Stage) -> Any:
    """Embeddings and OCR."""
    vectors = [{"object": "embedding", "index": 0, "embedding": [1.0, 2.0]}]
    on.queue("/v1/embeddings", answer({**HEAD, "data": vectors, "usage": USAGE}))
    page = {"index": 0, "markdown": "# A", "images": [], "dimensions": None}
    pages = {"pages": [page], "model": "ocr-9-1", "usage_info": {"pages_processed": 1}}
    on.queue("/v1/ocr", answer(pages), answer(pages))
    by_url: Any = {"type": "document_url", "document_url": "https://files.example/a.pdf"}
    by_id: Any = {"type": "file", "file_id": "file_1"}
    return [
        on.mistral.embeddings.create(model="m-9", inputs=["a"]),
        on.mistral.ocr.process(model="ocr-9", document=by_url),
        on.mistral.ocr.process(model="ocr-9", document=by_id),
    ]


SCENARIOS = (whole, streamed, others)
