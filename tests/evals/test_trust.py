"""A judge that does not agree with humans is heard, and decides nothing; parts of the rows are told in every report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.evals.asking import SAME, metric, rows
from tracekit.errors import UsageError
from tracekit.evals import suite
from tracekit.evals.reports import html, jsonform, junit, markdown, terminal
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.row import Row
from tracekit.evals.services import Serving
from tracekit.evals.session import Options, outcome
from tracekit.evals.suite import Suite
from tracekit.evals.trust import trusted
from tracekit.sdk import uninstrument

JUDGED = metric(lambda row: row.output == "A", name="judged_here", kind="judge", binary=True)


def always_a(_: Row) -> str:
    return "A"


def always_b(_: Row) -> str:
    return "B"


def worse_on_b(row: Row) -> str:
    return "B" if row["metadata"]["topic"] == "b" else "A"


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    yield
    uninstrument()


def labels(path: Path, *, wrong: int, unanswered: int = 0) -> Path:
    found = [{"id": str(n), "label": n % 2, "judge": n % 2 if n >= wrong else 1 - n % 2} for n in range(40)]
    for one in found[40 - unanswered :]:
        one["judge"] = None  # type: ignore[assignment]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in found), encoding="utf-8")
    return path


def made(path: Path | None, **more: Any) -> Suite:
    more = {"judge_labels": path, "min_kappa": 0.6} | more
    return suite(rows(9), metrics=[JUDGED, SAME], name="asked", **more)(always_a)


@pytest.mark.parametrize(
    ("wrong", "unanswered", "said"),
    [(2, 0, None), (12, 0, "kappa on labels.jsonl is 0.40, below 0.6"), (0, 6, "answered only 85.0%")],
)
def test_a_judge_below_its_kappa_does_not_gate(
    wrong: int, unanswered: int, said: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = trusted(made(labels(tmp_path / "labels.jsonl", wrong=wrong, unanswered=unanswered)))
    gated = {one.label: one.gated for one in found.asked}
    assert gated == {"judged_here": said is None, SAME.name: True}
    (notes,) = (one.notes for one in found.asked if one.label == "judged_here")
    assert [said in note for note in notes if said] == ([] if said is None else [True])
    assert (said or "") in capsys.readouterr().err


def told(found: Outcome) -> dict[str, str]:
    return {
        "terminal": terminal.text([found], columns=200),
        "markdown": markdown.comment([found]),
        "html": html.render([found]),
        "junit": junit.render([found]),
        "json": jsonform.render([found]),
    }


def test_the_run_passes_and_every_report_says_why(tmp_path: Path) -> None:
    options = Options(
        directory=tmp_path / "data", baselines=tmp_path / "base", services=lambda _: Serving(), tell=lambda _: None
    )
    one = made(labels(tmp_path / "labels.jsonl", wrong=12))
    alone = outcome(one, replace(options, save=True))
    worse = outcome(replace(one, function=always_b), options)
    for found in (alone, worse):
        for form, text in told(found).items():
            assert "kappa on labels.jsonl is 0.40" in text.replace("`", ""), form
    assert worse.comparison is not None
    assert (str(worse.comparison.metrics["judged_here"].verdict), worse.exit) == ("REGRESSED", 0)
    gating = outcome(replace(one, function=always_b, judge_labels=None, min_kappa=None), options)
    assert gating.exit == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [({"min_kappa": None}, "go together"), ({"judge_labels": None}, "go together"), ({"min_kappa": 2}, "from -1 to 1")],
)
def test_what_cannot_be_asked(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    path = labels(tmp_path / "labels.jsonl", wrong=0)
    with pytest.raises(UsageError, match=said):
        made(path, **more)
    with pytest.raises(UsageError, match="nowhere"):
        made(Path("nowhere.jsonl"))


def test_slices_of_a_suite_are_explored_and_decide_nothing(tmp_path: Path) -> None:
    data = [{"id": f"q{n}", "input": "x", "metadata": {"topic": "ab"[n % 2]}, "doc": f"d{n % 5}"} for n in range(40)]
    asked = suite(data, metrics=[JUDGED], slices=["metadata.topic", "cluster", "mood"], cluster="doc", name="parts")
    options = Options(
        directory=tmp_path / "data", baselines=tmp_path / "base", services=lambda _: Serving(), tell=lambda _: None
    )
    outcome(asked(always_a), replace(options, save=True))
    found = outcome(asked(worse_on_b), options)
    assert found.comparison is not None
    slices = found.comparison.slices
    assert {name: one["judged_here"].n for name, one in slices.items()} == {
        "metadata.topic=a": 20, "metadata.topic=b": 20, **{f"cluster=d{n}": 8 for n in range(5)},
    }  # fmt: skip
    assert not any(one["judged_here"].gated for one in slices.values())
    assert (slices["metadata.topic=a"]["judged_here"].diff, slices["metadata.topic=b"]["judged_here"].diff) == (0, -1)
    assert slices["metadata.topic=b"]["judged_here"].p_adjusted is not None
    for form, text in told(found).items():
        assert "metadata.topic=b" in text.replace("`", "").replace("\\", ""), form
        assert "mood" in text, form
