"""`tracekit eval compare` and `tracekit eval judge`, on files, as people and programs see them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.evals.stats.test_agreement import H, J

Run = Callable[..., Ran]


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """50 rows, of which 9 were lost and 2 won, and a metric that stays as it is."""
    base = [{"id": f"q{place}", "scores": {"ok": not 9 <= place < 11, "f1": 0.5}} for place in range(50)]
    cand = [{"id": f"q{place}", "scores": {"ok": place >= 9, "f1": 0.5}} for place in range(50)]
    return write(tmp_path / "base.jsonl", base), write(tmp_path / "cand.jsonl", cand)


@pytest.fixture
def labels(tmp_path: Path) -> str:
    return write(
        tmp_path / "labels.jsonl",
        [
            {"id": place, "label": bool(label), "judge": J[place], "output": "a" * place}
            for place, label in enumerate(H)
        ],
    )


def test_compare_as_json(run: Run, files: tuple[str, str]) -> None:
    ran = run("eval", "compare", *files, "--json")
    said = json.loads(ran.out)
    metric = said["metrics"]["ok"]
    assert (ran.code, said["exit"], said["verdict"], said["coverage"]) == (0, 0, "INCONCLUSIVE", 1.0)
    assert metric["p"] == pytest.approx(0.03271484375)
    assert metric["p_adjusted"] == pytest.approx(0.0654296875)
    assert said["metrics"]["f1"]["verdict"] == "OK"


def test_compare_as_json_of_one_metric(run: Run, files: tuple[str, str]) -> None:
    ran = run("eval", "compare", *files, "--json", "--gate", "ok")
    metric = json.loads(ran.out)["metrics"]["ok"]
    assert (ran.code, metric["verdict"], metric["n"], metric["test"]) == (1, "REGRESSED", 50, "mcnemar_exact")


def test_compare_for_people(run: Run, files: tuple[str, str]) -> None:
    ran = run("eval", "compare", *files, "--gate", "ok", "--floor", "ok >= 0.9", "--rows", "3")
    assert ran.code == 1
    assert re.search(r"ok +50 +0\.96 +0\.82 +-0\.14 .*mcnemar_exact +0\.0327 +0\.0327 .*REGRESSED", ran.out)
    assert "9 rows worse: q0 1 → 0; q1 1 → 0; q2 1 → 0; 6 more" in ran.out
    assert "ok: ok >= 0.9 does not hold: 0.82" in ran.out
    assert "coverage 100.0%; REGRESSED, exit code 1" in ran.out


def test_compare_says_what_would_settle_it(run: Run, files: tuple[str, str]) -> None:
    ran = run("eval", "compare", files[0], files[0])
    assert ran.code == 0
    assert "ok: a loss of 0.154 would be seen with a chance of 80 %" in ran.out
    assert run("eval", "compare", files[0], files[0], "--strict").code == 3
    assert run("eval", "compare", files[0], files[0], "--strict", "--tolerance", "ok=0.1").code == 0


def test_compare_names_rows_that_are_not_compared(run: Run, tmp_path: Path) -> None:
    hostile = "q\x1b[31m"
    base = write(tmp_path / "b.jsonl", [{"id": f"q{place}", "scores": {"m": 1}} for place in range(9)])
    cand = write(tmp_path / "c.jsonl", [{"id": hostile, "scores": {"m": None}}])
    ran = run("eval", "compare", base, cand)
    assert ran.code == 5
    assert "1 rows added, not compared: q\\x1b[31m" in ran.out
    assert "\x1b" not in ran.out
    assert "the runs have no row in common" in ran.out


def test_compare_tells_worst_cases_slices_and_ratios(run: Run, tmp_path: Path) -> None:
    rows = [{"id": str(place), "cluster": str(place % 12), "scores": {"m": 1, "t": 2.0}} for place in range(24)]
    worse = [{**row, "scores": {"m": 1 if place else None, "t": 4.0}} for place, row in enumerate(rows)]
    base, cand = write(tmp_path / "b.jsonl", rows), write(tmp_path / "c.jsonl", worse)
    ran = run("eval", "compare", base, cand, "--ratio", "t", "--lower", "t", "--slice", "cluster")
    assert ran.code == 1
    assert "m: 95.8% of the scores are there; with the others diff is -0.04167 to 0" in ran.out
    assert re.search(r"t +24 +2 +4 +2 x", ran.out)
    assert "cluster=3 (explored, does not decide)" in ran.out


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--tolerance", "much"], "--tolerance is 'much'"),
        (["--tolerance", "0.1", "--tolerance", "ok=0.1"], "given for all metrics and once more"),
        (["--lower", "none"], "no metric 'none'"),
        (["--alpha", "2"], "alpha is 2"),
        (["--floor", "ok"], "sets no bound"),
        (["--slice", "lang"], "no row has 'lang'"),
    ],
)
def test_compare_refuses(run: Run, files: tuple[str, str], flags: list[str], why: str) -> None:
    ran = run("eval", "compare", *files, *flags)
    assert (ran.code, why in ran.err) == (2, True), ran.err


def test_compare_refuses_files_that_are_none(run: Run, tmp_path: Path, files: tuple[str, str]) -> None:
    assert run("eval", "compare", files[0], str(tmp_path / "none.jsonl")).code == 2
    for line, why in (
        ({"id": "a", "scores": {"m": float("nan")}}, "a score is a number"),
        ({"run": "x"}, "run is 'x'"),
        ({"id": "a", "scores": {}, "metadata": 3}, "metadata is 3"),
    ):
        ran = run("eval", "compare", files[0], write(tmp_path / "bad.jsonl", [line]))
        assert (ran.code, why in ran.err) == (2, True), ran.err


def test_a_file_may_hold_any_text(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text('\ufeff{"id": "one\u2028line", "scores": {"m": 1}}\r\n', encoding="utf-8")
    assert json.loads(run("eval", "compare", str(path), str(path), "--json").out)["metrics"]["m"]["n"] == 1
    path.write_text(f'{{"id": "big", "scores": {{"m": 1{"0" * 400}}}}}', encoding="utf-8")
    assert run("eval", "compare", str(path), str(path)).code == 2


def test_judge_as_json(run: Run, labels: str) -> None:
    ran = run("eval", "judge", labels, "--json")
    said = json.loads(ran.out)
    assert ran.code == 0
    assert said["agreement"] == pytest.approx(0.8)
    assert said["ac1"] == pytest.approx(0.615384615385)
    for name in ("kappa", "kappa_linear", "kappa_quadratic", "spearman"):
        assert said[name] == pytest.approx(0.583333333333)
        assert said["intervals"][name][0] < said[name] < said["intervals"][name][1]
    assert said["alpha"] == pytest.approx(0.59375)
    assert said["confusion"] == {"classes": [0, 1], "counts": [[6, 2], [2, 10]]}
    assert said["disagreements"][0] == {"id": "2", "label": 1, "judge": 0}
    assert said["length_bias"]["spearman"] is not None
    assert said["ppi"] is None
    assert "it takes 30" in said["notes"]["ppi"]


def test_judge_for_people(run: Run, labels: str) -> None:
    ran = run("eval", "judge", labels, "--rows", "1")
    assert re.search(r"kappa +0\.5833 +0\.\d+ to 0\.\d+", ran.out)
    assert "4 disagreements" in ran.out
    assert "and 3 more" in ran.out
    assert re.search(r"0 +6 +2", ran.out)


def test_judge_below_what_is_asked(run: Run, labels: str, tmp_path: Path) -> None:
    assert run("eval", "judge", labels, "--min-kappa", "0.5").code == 0
    ran = run("eval", "judge", labels, "--min-kappa", "0.6")
    assert (ran.code, "kappa 0.5833 is below 0.6" in ran.out) == (1, True)
    same = write(tmp_path / "same.jsonl", [{"id": place, "label": 1, "judge": 1} for place in range(9)])
    ran = run("eval", "judge", same, "--min-kappa", "0.6")
    assert (ran.code, "cannot be decided" in ran.out) == (3, True)
    rows = [{"id": place, "label": place % 2, "judge": place % 2 if place else None} for place in range(9)]
    assert run("eval", "judge", write(tmp_path / "holes.jsonl", rows), "--min-kappa", "0.6").code == 3


def test_judge_of_words(run: Run, tmp_path: Path) -> None:
    rows = [{"id": place, "label": word, "judge": word} for place, word in enumerate(["low", "mid", "high"] * 4)]
    path = write(tmp_path / "words.jsonl", rows)
    assert json.loads(run("eval", "judge", path, "--json").out)["kappa_linear"] is None
    ordered = json.loads(run("eval", "judge", path, "--json", "--classes", "low,mid,high").out)
    assert (ordered["kappa_linear"], ordered["classes"]) == (1.0, ["low", "mid", "high"])
    for flags, why in (
        (["--classes", "low,low"], "every class once"),
        (["--classes", "low,high"], "none of the classes"),
        (["--threshold", "1"], "a threshold makes verdicts"),
        (["--seed", "-1"], "0 or more"),
    ):
        ran = run("eval", "judge", path, *flags)
        assert (ran.code, why in ran.err) == (2, True), ran.err
    numbers = write(tmp_path / "numbers.jsonl", [{"id": 1, "label": 1, "judge": 2}])
    assert run("eval", "judge", numbers, "--classes", "a,b").code == 2
    assert run("eval", "judge", numbers, "--classes", "1,2,3").code == 0
