"""What travels between two processes arrives as it left."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tracekit.errors import DecodeError
from tracekit.query import wire
from tracekit.store import Result

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
VALUES: list[Any] = [
    None, True, 0, -1, 1 << 100, 0.1, float("inf"), "", "text \x1b \ud800 🙂", b"\x00\xff", NOW,
    NOW.replace(tzinfo=None), date(2026, 1, 2), time(1, 2, 3), timedelta(days=-1, seconds=5, microseconds=7),
    Decimal("1.2300"), UUID(int=7), [], ["a", None, [1.5]], {}, {"$": "bytes", "v": "00"},
    {"a": [NOW], "b": {1: "int key"}},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_arrives_as_it_left(value: Any) -> None:
    sent = Result(columns=["x", "x"], types=["ANY", "BIGINT"], rows=[(value, 1)], truncated=True)
    got = wire.load(wire.dump(sent))
    assert got == sent
    assert type(got.rows[0][0]) is type(value)


def test_what_cannot_be_sent_says_so() -> None:
    with pytest.raises(TypeError, match="object cannot be sent"):
        wire.pack([object()])


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"columns": [], "types": [], "rows": [[{"$": "nothing", "v": 1}]], "truncated": false}'],
)
def test_an_answer_that_is_none(body: bytes) -> None:
    with pytest.raises(DecodeError):
        wire.load(body)
