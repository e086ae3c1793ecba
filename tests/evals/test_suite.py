"""Suites and what they ask for: lines, metrics and functions; what gates and what is only told; numbers in range."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.evals.asking import LENGTH, SAME, metric, rows
from tracekit.errors import UsageError
from tracekit.evals import Dataset
from tracekit.evals.asking import ask, asked
from tracekit.evals.row import Row
from tracekit.evals.suite import Suite, suite


def polite(row: Row, *, word: str = "please") -> bool:
    """Whether the answer is polite."""
    return word in row.output


def test_a_function_is_a_metric_with_its_options() -> None:
    one = ask(polite, word="thanks")
    assert one.label == "polite(word='thanks')"
    assert (one.metric.summary, one.metric.low, one.metric.options) == (
        "Whether the answer is polite.", None, {"word": "please"},
    )  # fmt: skip
    with pytest.raises(UsageError, match="no option 'other'"):
        ask(polite, other=1)


def test_what_does_not_gate_is_marked_or_said() -> None:
    assert [one.gated for one in asked([SAME, ask(LENGTH, gate=False)])] == [True, False]
    with pytest.raises(UsageError, match="there is no metric 'no_such_metric'"):
        ask("! no_such_metric > 1")


def test_lines_on_one_metric_are_one_with_several_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracekit.evals.asking.find", {"length": LENGTH}.__getitem__)
    (one,) = asked(["length.p95 < 300", "!length.mean < 100"])
    assert (one.specs, one.gated) == (("length.p95 < 300", "length.mean < 100"), True)
    (told,) = asked("!length")
    assert not told.gated
    assert told.info.gated is False


def test_two_metrics_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two metrics are named 'length'"):
        asked([LENGTH, metric(polite, name="length")])
    with pytest.raises(UsageError, match="no metric is asked for"):
        asked([])
    with pytest.raises(UsageError, match="3 is neither"):
        asked([3])  # type: ignore[list-item]


def test_a_suite_is_still_its_function() -> None:
    @suite(rows(2), metrics=SAME, trials=3, tolerance=0.02, tags=["nightly"])
    def shout(row: Row) -> str:
        return str(row["question"]).upper()

    assert isinstance(shout, Suite)
    assert shout({"question": "hi"}) == "HI"
    assert (shout.name, shout.path, shout.gate) == ("shout", Path(__file__).resolve(), {"tolerance": 0.02})


@pytest.mark.parametrize(
    "wrong", [{"trials": 0}, {"trials": True}, {"concurrency": 0}, {"timeout": 0}, {"max_cost": -1}, {"timeout": "1"}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        suite(rows(1), metrics=SAME, **wrong)(polite)


def test_a_time_that_every_line_bounds_is_held_against_its_bounds_alone() -> None:
    clock = replace(LENGTH, name="clock", kind="spans", unit="s", ratio=True)

    def made(*specs: str, **gate: Any) -> Suite:
        one = replace(ask(clock), specs=specs)
        return Suite(name="s", function=None, dataset=Dataset(rows(1)), asked=(one, ask(SAME)), gate=gate)

    def compared(*specs: str, **gate: Any) -> dict[str, bool]:
        return {label: info.compared for label, info in made(*specs, **gate).infos.items()}

    assert compared("clock.p95 < 3s") == {"clock": False, "same": True}
    assert compared("clock.p95 < 3s", tolerance=0.1) == {"clock": False, "same": True}
    assert compared("clock.p95 < 3s", tolerance={"clock": 0.2}) == {"clock": True, "same": True}
    assert compared("clock", "clock.p95 < 3s", alpha=0.01) == {"clock": True, "same": True}
