"""Messages as cards, in the convention's shape and in every other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracekit.store.attachments import Attachments
from tracekit_viewer.presenters import chat


def cards(sent=None, received=None, system=None):
    return chat.conversation(system=system, sent=sent, received=received, attachments=Attachments(Path("/nowhere")))


def test_the_order_is_system_sent_received():
    found = cards(
        [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}],
        [{"role": "assistant", "parts": [{"type": "text", "content": "hello"}], "finish_reason": "stop"}],
        [{"type": "text", "content": "be brief"}],
    )
    assert [(card.role, card.pieces[0].body.head, card.answer) for card in found] == [
        ("system", "be brief", False),
        ("user", "hi", False),
        ("assistant", "hello", True),
    ]
    assert found[-1].finish_reason == "stop"


def test_a_tool_result_is_headed_by_the_tool_that_was_called():
    found = cards(
        [
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c1", "name": "get_order", "arguments": {"id": 1}}],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "shipped"}]},
        ]
    )
    call, result = found[0].pieces[0], found[1].pieces[0]
    assert (call.form, call.title, call.call_id, call.body.code) == ("call", "get_order", "c1", True)
    assert (result.form, result.title, result.body.head) == ("result", "get_order", "shipped")


@pytest.mark.parametrize(
    ("part", "note"),
    [
        (
            {"type": "uri", "modality": "image", "uri": "https://x.example/a.png", "mime_type": "image/png"},
            "image/png, https://x.example/a.png (not fetched)",
        ),
        ({"type": "uri", "modality": "image", "uri": "data:image/gif;base64,QUJDRA=="}, "image/gif, 4 B"),
        (
            {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "QUJD" * 1_000},
            "audio/wav, 3.0 kB",
        ),
        ({"type": "file", "file_id": "f-1"}, "file f-1 (not fetched)"),
    ],
)
def test_an_attachment_is_words(part, note):
    assert cards([{"role": "user", "parts": [part]}])[0].pieces[0].note == note


@pytest.mark.parametrize(
    "message",
    [
        "just text",
        42,
        None,
        {"role": "user", "content": "old shape"},
        {"parts": ["bare"]},
        {"parts": [7]},
        {"role": 5, "parts": {"type": "new"}},
        {"role": "user"},
    ],
)
def test_every_shape_is_carried(message):
    (card,) = cards([message])
    assert card.label
    if message != {"role": "user"}:
        assert card.pieces[0].body is not None


def test_tools_nested_and_flat():
    schema = {"type": "object"}
    found = chat.tools(
        [
            {"type": "function", "function": {"name": "a", "parameters": schema}},
            {"name": "b", "input_schema": schema, "description": "B"},
            {"type": "web_search"},
            "odd",
        ]
    )
    assert [(tool.name, tool.schema is not None) for tool in found] == [
        ("a", True),
        ("b", True),
        ("web_search", False),
        ("(unreadable definition)", True),
    ]
    assert found[1].description == "B"
