"""Replies in OpenAI's language that each have an id and a usage of their own, and the bill for them."""

from __future__ import annotations

import json
from typing import Any

from tests.support.provider import Reply, answer, events

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
MODEL = "gpt-4o-2024-08-06"
Tool = tuple[str, dict[str, Any]]


class Bill:
    """Makes replies, and adds up what they cost: USD per million are 2.5, 1.25 for what was cached, and 10."""

    def __init__(self) -> None:
        self.calls = 0
        self.input = 0
        self.output = 0
        self.usd = 0.0

    def _use(self) -> tuple[int, int, int]:
        self.calls += 1
        spent, made = 100 + self.calls, 10 + self.calls
        cached = spent // 2
        self.input += spent
        self.output += made
        self.usd += ((spent - cached) * 2.5 + cached * 1.25 + made * 10) / 1e6
        return spent, made, cached

    def _usage(self) -> dict[str, Any]:
        spent, made, cached = self._use()
        return {
            "prompt_tokens": spent,
            "completion_tokens": made,
            "total_tokens": spent + made,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": 3},
        }

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self.calls}", "object": kind, "created": 1, "model": MODEL}

    def chat(self, text: str | None = None, tool: Tool | None = None) -> Reply:
        """A whole chat completion."""
        usage = self._usage()
        said: dict[str, Any] = {"role": "assistant", "content": text}
        if tool is not None:
            function = {"name": tool[0], "arguments": json.dumps(tool[1])}
            said["tool_calls"] = [{"id": f"call_{self.calls}", "type": "function", "function": function}]
        choice = {"index": 0, "finish_reason": "stop" if tool is None else "tool_calls", "message": said}
        return answer({**self._head("chat.completion"), "choices": [choice], "usage": usage})

    def chat_stream(self, *words: str, **options: Any) -> Reply:
        """A streamed one, with its usage at the end."""
        usage = self._usage()
        head = self._head("chat.completion.chunk")
        pieces = [
            {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None} for word in words
        ]
        pieces.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        return events(
            [*({**head, "choices": [each]} for each in pieces), {**head, "choices": [], "usage": usage}], **options
        )

    def _response(self, text: str | None, tool: Tool | None) -> dict[str, Any]:
        spent, made, cached = self._use()
        if tool is None:
            content = [{"type": "output_text", "text": text, "annotations": []}]
            out: dict[str, Any] = {"type": "message", "id": "msg", "role": "assistant", "content": content}
        else:
            out = {"type": "function_call", "id": "fc", "call_id": f"call_{self.calls}", "name": tool[0]}
            out["arguments"] = json.dumps(tool[1])
        usage = {
            "input_tokens": spent,
            "output_tokens": made,
            "total_tokens": spent + made,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 3},
        }
        head = {"id": f"resp_{self.calls}", "object": "response", "created_at": 1, "model": MODEL}
        fixed = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "status": "completed"}
        return {**head, **fixed, "output": [{**out, "status": "completed"}], "usage": usage}

    def response(self, text: str | None = None, tool: Tool | None = None) -> Reply:
        """A whole response of the Responses API."""
        return answer(self._response(text, tool))

    def response_stream(self, text: str) -> Reply:
        """A streamed one."""
        made = self._response(text, None)
        begun = {**made, "status": "in_progress", "output": [], "usage": None}
        place = {"item_id": "msg", "output_index": 0, "content_index": 0}
        steps: list[dict[str, Any]] = [
            {"type": "response.created", "response": begun},
            {"type": "response.output_text.delta", **place, "delta": text, "logprobs": []},
            {"type": "response.completed", "response": made},
        ]
        return events([{**step, "sequence_number": place} for place, step in enumerate(steps)], done=False)
