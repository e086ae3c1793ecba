"""Replies as Anthropic's API writes them, for scripted tests."""

from __future__ import annotations

import json
from typing import Any

from tests.support.provider import Reply

MESSAGES = "/v1/messages"

ASK: Any = {"model": "claude-9", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}

USAGE = {
    "input_tokens": 5,
    "cache_creation_input_tokens": 7,
    "cache_read_input_tokens": 20,
    "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 3},
    "output_tokens": 9,
    "output_tokens_details": {"thinking_tokens": 4},
    "service_tier": "standard",
}


def text(said: str) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": said}


def tool_use(id_: str = "toolu_1", name: str = "add", **arguments: Any) -> dict[str, Any]:
    """A block in which the model wants a tool."""
    return {"type": "tool_use", "id": id_, "name": name, "input": arguments}


def message(*content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A whole message; of the text `Hello` where no content is given."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-9-2026",
        "content": list(content) or [text("Hello")],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
        **fields,
    }


def stream(*content: dict[str, Any], stop: str = "end_turn", usage: Any = USAGE) -> list[dict[str, Any]]:
    """The events of a streamed message, each block in pieces of four characters."""
    begun = message(stop_reason=None, usage={**usage, "output_tokens": 1}) | {"content": []}
    begun["usage"].pop("output_tokens_details", None)
    ends = {name: usage[name] for name in ("input_tokens", "output_tokens", "output_tokens_details") if name in usage}
    return [
        {"type": "message_start", "message": begun},
        {"type": "ping"},
        *(event for index, block in enumerate(content or [text("Hello")]) for event in _block(index, block)),
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": ends},
        {"type": "message_stop"},
    ]


def batch(url: str) -> dict[str, Any]:
    """A batch that has come to its end."""
    counts = dict.fromkeys(("canceled", "errored", "expired", "processing", "succeeded"), 1)
    times = dict.fromkeys(("created_at", "ended_at", "expires_at"), "2026-11-28T12:00:00Z")
    return {
        "id": "msgbatch_1",
        "type": "message_batch",
        "processing_status": "ended",
        "request_counts": counts,
        "results_url": f"{url}{MESSAGES}/batches/msgbatch_1/results",
        "archived_at": None,
        "cancel_initiated_at": None,
        **times,
    }


def results(*messages: dict[str, Any], error: str | None = None, canceled: bool = False) -> Reply:
    """What a batch came to: one result a line."""
    came: list[dict[str, Any]] = [{"type": "succeeded", "message": message} for message in messages]
    if error is not None:
        told = {"type": "error", "error": {"type": error, "message": "no"}}
        came.append({"type": "errored", "error": told})
    if canceled:
        came.append({"type": "canceled"})
    lines = [json.dumps({"custom_id": f"job-{number}", "result": result}) for number, result in enumerate(came)]
    return Reply(headers={"content-type": "application/x-jsonl"}, body="\n".join([*lines, ""]).encode())


_FIELDS = {
    "text": ("text", "text_delta", "text"),
    "thinking": ("thinking", "thinking_delta", "thinking"),
    "compaction": ("content", "compaction_delta", "content"),
}
_EMPTY: dict[str, Any] = {"text": "", "thinking": "", "content": "", "input": {}}


def _block(index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
    if "input" in block:
        field, kind, piece, whole = "input", "input_json_delta", "partial_json", json.dumps(block["input"])
    elif block["type"] in _FIELDS:
        field, kind, piece = _FIELDS[block["type"]]
        whole = block[field]
    else:
        field, kind, piece, whole = "", "", "", ""
    begun = {**block, field: _EMPTY[field]} if field else block
    deltas = [{"type": kind, piece: whole[start : start + 4]} for start in range(0, len(whole), 4)]
    if block["type"] == "thinking":
        deltas.append({"type": "signature_delta", "signature": "c2ln"})
    return [
        {"type": "content_block_start", "index": index, "content_block": begun},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]
