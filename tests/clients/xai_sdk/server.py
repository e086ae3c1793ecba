"""xAI's chat service on this machine, by the client's own protocol: the conversation of `tests.support.weather`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from xai_sdk.proto import chat_pb2, chat_pb2_grpc, sample_pb2, usage_pb2

from tests.support import weather

MODEL = "grok-4"
MISSING = "missing"
"""The model that there is not."""
_USED = ((82, 18, 32), (114, 11, 0))
_numbers = itertools.count(1)
_CALL = chat_pb2.ToolCall(
    id="call_1", function=chat_pb2.FunctionCall(name="get_weather", arguments='{"city": "Paris"}')
)


class Chat(chat_pb2_grpc.ChatServicer):
    """Wants the tool first, and answers when its result is there."""

    def GetCompletion(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        step = _step(request, context)
        message = chat_pb2.CompletionMessage(role=chat_pb2.ROLE_ASSISTANT, **_said(step))
        output = chat_pb2.CompletionOutput(index=0, message=message, finish_reason=_reason(step))
        return chat_pb2.GetChatCompletionResponse(outputs=[output], **_frame(request, step))

    def GetCompletionChunk(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802 - the protocol's name
        step = _step(request, context)
        frame = _frame(request, step)
        delta = chat_pb2.Delta(role=chat_pb2.ROLE_ASSISTANT, **_said(step))
        for piece, reason in ((delta, None), (chat_pb2.Delta(role=chat_pb2.ROLE_ASSISTANT), _reason(step))):
            output = chat_pb2.CompletionOutputChunk(index=0, delta=piece, finish_reason=reason)
            yield chat_pb2.GetChatCompletionChunk(outputs=[output], **frame)


def _step(request: Any, context: Any) -> int:
    if request.model == MISSING:
        context.abort(grpc.StatusCode.NOT_FOUND, f"no model {MISSING}")
    return int(any(message.role == chat_pb2.ROLE_TOOL for message in request.messages))


def _said(step: int) -> dict[str, Any]:
    return {"content": weather.ANSWER} if step else {"tool_calls": [_CALL]}


def _reason(step: int) -> Any:
    return sample_pb2.REASON_STOP if step else sample_pb2.REASON_TOOL_CALLS


def _frame(request: Any, step: int) -> dict[str, Any]:
    asked, answered, cached = _USED[step]
    usage = usage_pb2.SamplingUsage(
        prompt_tokens=asked,
        completion_tokens=answered,
        total_tokens=asked + answered,
        prompt_text_tokens=asked,
        cached_prompt_text_tokens=cached,
    )
    return {"id": f"grok-{next(_numbers)}", "model": request.model, "usage": usage}


@contextmanager
def serving() -> Iterator[str]:
    """Serve; gives the address."""
    server = grpc.server(ThreadPoolExecutor(2))
    chat_pb2_grpc.add_ChatServicer_to_server(Chat(), server)
    port = server.add_secure_port("localhost:0", grpc.local_server_credentials())
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(None).wait()
