"""Programs that ask Ollama: between them they pass every line of the integration."""

from __future__ import annotations

import json
from typing import Any

from tests.integrations.scenarios.stage import Stage
from tests.support.provider import Reply, answer

HI: Any = [{"role": "user", "content": "Hi"}]
SPENT = {"done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 3}
CALL = {"function": {"name": "add", "arguments": {"a": 1}}}


def lines(*values: dict[str, Any]) -> Reply:
    """A stream of JSON lines."""
    body = "".join(f"{json.dumps(value)}\n" for value in values).encode()
    return Reply(headers={"content-type": "application/x-ndjson"}, body=body)


def whole(on: Stage) -> Any:
    """A chat with everything in it."""
    message = {"role": "assistant", "content": "Hello", "thinking": "Hm.", "tool_calls": [{"id": "c1", **CALL}]}
    on.queue("/api/chat", answer({"model": "m-9", "message": message, **SPENT}))
    tool: Any = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {}}}
    asked: Any = [
        {"role": "user", "content": "Hi", "images": [b"\x89PNG"]},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "2", "tool_name": "add"},
    ]
    options: Any = {"temperature": 0, "num_predict": 9, "stop": "END", "top_k": 40}
    return on.llama.chat("m-9", asked, tools=[tool], options=options, format="json", think="low")


def streamed(on: Stage) -> Any:
    """Streams of both kinds, read and left."""
    said = {"model": "m-9", "message": {"role": "assistant", "content": "Hel"}, "done": False}
    last = {"model": "m-9", "message": {"role": "assistant", "content": "lo", "tool_calls": [CALL]}, **SPENT}
    on.queue("/api/chat", lines(said, last), lines(said, last))
    on.queue("/api/generate", lines({"model": "m-9", "response": "Hello", **SPENT}))
    left = on.llama.chat("m-9", HI, stream=True)
    found = next(left)
    left.close()
    read = list(on.llama.chat("m-9", HI, stream=True))
    return found, read, list(on.llama.generate("m-9", "Hi", stream=True))


def others(on: Stage) -> Any:
    """Completions, embeddings, and what asks no model."""
    on.queue("/api/generate", answer({"model": "m-9", "response": "Hello", "thinking": "Hm.", **SPENT}))
    on.queue("/api/embed", answer({"model": "m-9", "embeddings": [[1.0, 2.0]], "prompt_eval_count": 2}))
    on.queue("/api/embeddings", answer({"embedding": [1.0]}))
    on.queue("/api/ps", answer({"models": []}), method="GET")
    return [
        on.llama.generate("m-9", "Hi", system="Be brief.", images=["AAAA"]),
        on.llama.embed("m-9", ["a", "b"]),
        on.llama.embeddings("m-9", "a"),
        on.llama.ps(),
    ]


SCENARIOS = (whole, streamed, others)
