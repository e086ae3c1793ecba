"""Server-sent events out of bytes that are cut anywhere."""

from __future__ import annotations

import json

import pytest

from tracekit.sdk.bodies import Events

STREAM = (
    b': a comment\r\nevent: one\r\ndata: {"n": 1}\r\n\r\n'
    + 'data: {"n": "Łódź"}\n\n'.encode()
    + b'data: {"n":\ndata: 3}\nid: 7\n\ndata: [DONE]\n\ndata:{"n": 4}\n\n'
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_events_come_out_whole_wherever_they_are_cut(size: int) -> None:
    events = Events()
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [event["n"] for piece in pieces for event in events.feed(piece)] == [1, "Łódź", 3, 4]


def test_an_event_waits_for_its_blank_line() -> None:
    events = Events()
    assert list(events.feed(b'data: {"n": 1}\n')) == []
    assert list(events.feed(b"\n")) == [{"n": 1}]


def test_data_that_is_not_json_is_an_error() -> None:
    with pytest.raises(json.JSONDecodeError):
        list(Events().feed(b"data: hello\n\n"))
