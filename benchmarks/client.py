"""An OpenAI client whose requests never leave the process: canned replies of real size, plain and streamed."""

from __future__ import annotations

import json
import sys
from typing import Any

import openai

CHUNKS = 200
"""Content chunks of one streamed reply."""

MODEL = "gpt-4o-mini"
MESSAGES: list[Any] = [
    {
        "role": "system",
        "content": "You are the travel desk of a bike-rental shop. Answer in two sentences. " * 3,
    },
    {
        "role": "user",
        "content": "Which bike do I take for three days along the canal, with a child seat? " * 3,
    },
]
_ANSWER = "A step-through touring bike takes the child seat well and is calm on gravel. " * 6
_REPLY = json.dumps(
    {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": "fp_bench",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": _ANSWER},
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 104, "completion_tokens": 96, "total_tokens": 200},
    }
).encode()


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    body = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": "fp_bench",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


_STREAM = b"".join(
    [
        _chunk({"role": "assistant", "content": ""}),
        *(_chunk({"content": f" word{number}"}) for number in range(CHUNKS)),
        _chunk({}, "stop"),
        b"data: [DONE]\n\n",
    ]
)


def client() -> openai.OpenAI:
    """A client over an in-process transport, of whichever HTTP library the installed openai stands on."""
    http = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]

    def respond(request: Any) -> Any:
        if b'"stream":true' in request.content:
            return http.Response(200, content=_STREAM, headers={"content-type": "text/event-stream"})
        return http.Response(200, content=_REPLY, headers={"content-type": "application/json"})

    transport = http.MockTransport(respond)
    return openai.OpenAI(
        api_key="bench",
        base_url="http://model.invalid/v1",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(transport=transport),
    )
