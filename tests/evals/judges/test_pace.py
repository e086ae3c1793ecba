from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest

from tests.evals.judges.scripted import Given, serving
from tests.evals.judges.test_served import GOOD, ROW, error, in_turn
from tracekit.evals.judges import Judge
from tracekit.evals.judges.pace import LEAST_RATE, Pace, retry_after
from tracekit.evals.judges.transport import Patience
from tracekit.evals.metrics.judge_general import correctness


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def pace(self, rate: float | None = None) -> Pace:
        return Pace(rate, clock=lambda: self.now, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def times(pace: Pace, clock: Clock, count: int) -> list[float]:
    found: list[float] = []
    for _ in range(count):
        await pace.turn()
        found.append(clock.now)
    return found


async def test_nothing_is_held_back_before_the_first_refusal(clock: Clock) -> None:
    assert set(await times(clock.pace(), clock, 1000)) == {1000.0}


async def test_a_refusal_halves_what_was_sent_and_closes_until_the_time_that_is_named(clock: Clock) -> None:
    pace = clock.pace()
    await times(pace, clock, 40)
    pace.throttled(3.0)
    assert pace.rate == 20
    sent = await times(pace, clock, 41)
    assert sent[0] == 1003.0
    assert sent[-1] == pytest.approx(1005.0)


async def test_one_burst_of_refusals_is_one(clock: Clock) -> None:
    pace = clock.pace(rate=32)
    for _ in range(32):
        pace.throttled(1.0)
    assert pace.rate == 16
    clock.now += 2
    pace.throttled(None)
    assert pace.rate == 8


async def test_it_grows_by_one_a_second(clock: Clock) -> None:
    pace = clock.pace(rate=10)
    for _ in range(10):
        pace.succeeded()
    assert pace.rate == pytest.approx(11, abs=0.05)


async def test_it_never_stops_and_never_goes_backwards(clock: Clock) -> None:
    pace = clock.pace(rate=0.3)
    for _ in range(5):
        pace.throttled(-5.0)
        clock.now += 2
    assert pace.rate == LEAST_RATE
    before = clock.now
    await pace.turn()
    assert before <= clock.now <= before + 1 / LEAST_RATE


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": formatdate(1_800_000_090, usegmt=True)}, 90.0),
        ({"retry-after": formatdate(1_700_000_000, usegmt=True)}, 0.0),
    ],
)
def test_the_time_that_a_server_names(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=1_800_000_000) == seconds


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", ""])
def test_what_is_no_time_is_none(text: str) -> None:
    found = retry_after({"retry-after": text}, now=0.0)
    assert found is None


async def test_one_429_stalls_nobody_for_ever_and_loses_no_row() -> None:
    replies = in_turn(GOOD, *[error(429, "slow down", retry_after="0.05")] * 3, GOOD)
    with serving(replies) as server:
        judge = Judge(server.model(patience=Patience(attempts=4)), cache="off")
        found = await asyncio.gather(*(correctness.score(ROW, services=Given(judge=judge)) for _ in range(6)))
        await judge.aclose()
    assert [each.value for each in found] == [0.5] * 6
    assert len(server.asked) == 9
