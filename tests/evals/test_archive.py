"""Runs on the disk: nothing leads out of the directory, nothing is overwritten, a list reads no run whole."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.evals.test_results import a_run
from tracekit.errors import UsageError
from tracekit.evals import results
from tracekit.evals.archive import Archive, safe
from tracekit.evals.comparison import Comparison, MetricComparison, Verdict

HOSTILE = [
    "../../etc/passwd",
    "/absolute",
    "..",
    ".",
    "",
    "a/b\\c",
    "nul\x00",
    "\u202etxt",
    "x" * 500,
    ".hidden",
    "a@b",
]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "data")


def test_a_run_is_kept_whole_and_read_back(archive: Archive) -> None:
    entry = archive.write(a_run())
    assert entry.id == "rag@20261122T101500Z"
    assert archive.read(entry.id) == a_run()
    assert archive.entries() == [entry]
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o600


def test_the_list_tells_means_coverage_and_the_verdict_of_the_day(archive: Archive) -> None:
    verdicts = {"correctness": MetricComparison(name="correctness", verdict=Verdict.REGRESSED)}
    archive.write(a_run(), Comparison(metrics=verdicts, verdict=Verdict.REGRESSED, exit=1, coverage=0.5))
    found = archive.entries()[0].summary
    assert (found.verdict, found.exit, found.rows, found.results, found.errors) == ("REGRESSED", 1, 1, 2, 1)
    correctness = found.metrics["correctness"]
    assert (correctness.mean, correctness.n, correctness.coverage) == (0.5, 1, 0.25)  # 2 rows x 2 trials were asked for
    assert correctness.statuses == {"timeout": 1}
    assert correctness.verdict == "REGRESSED"
    assert found.metrics["exact_match"].statuses == {"missing": 1}


@pytest.mark.parametrize("suite", HOSTILE)
def test_no_name_of_a_suite_leads_out(archive: Archive, suite: str) -> None:
    run = replace(a_run(), suite=suite)
    entry = archive.write(run)
    assert entry.path.resolve().parent.parent == archive.folder.resolve()
    assert archive.read(entry.id).suite == suite
    assert [one.id for one in archive.entries(suite)] == [entry.id]
    path = archive.save_baseline(run)
    assert path.resolve().parent == archive.baselines.resolve()
    assert archive.baseline(suite) is not None


def test_suites_whose_names_become_alike_stay_apart() -> None:
    assert len({safe(name) for name in (*HOSTILE, "a b", "a-b", "a/b")}) == len(HOSTILE) + 3


@pytest.mark.parametrize(
    "identity", ["", "rag", "../rag@20261122T101500Z", "rag@../x", "rag@20261122T101500Z/..", ".@20261122T101500Z"]
)
def test_what_is_no_id_of_a_run_is_refused(archive: Archive, identity: str) -> None:
    with pytest.raises(UsageError, match="no id of a run"):
        archive.read(identity)


def test_a_run_that_is_not_there_is_said_so(archive: Archive) -> None:
    with pytest.raises(UsageError, match="there is no run"):
        archive.read("rag@20261122T101500Z")


def test_two_runs_of_one_second_are_both_kept(archive: Archive) -> None:
    first, second = archive.write(a_run()), archive.write(a_run("other"))
    assert second.id == "rag@20261122T101500Z-2"
    assert archive.read(first.id) == a_run()
    assert archive.read(second.id) == a_run("other")


def test_a_resumed_run_takes_the_place_of_its_interrupted_part(archive: Archive) -> None:
    archive.write(replace(a_run(), interrupted=True))
    archive.write(a_run("whole"))
    assert [archive.read(entry.id) for entry in archive.entries()] == [a_run("whole")]


def test_shards_are_runs_of_their_own(archive: Archive) -> None:
    ids = {archive.write(replace(a_run(), shard=f"{number}/2")).id for number in (1, 2)}
    assert ids == {"rag@20261122T101500Z-shard-1-of-2", "rag@20261122T101500Z-shard-2-of-2"}
    assert {archive.read(identity).shard for identity in ids} == {"1/2", "2/2"}


def test_newest_first_and_what_is_no_run_is_named(archive: Archive) -> None:
    for second in (1, 3, 2):
        archive.write(replace(a_run(), created=f"2026-11-22T10:15:0{second}+00:00"))
    stray = archive.folder / "rag" / "2026.jsonl"
    stray.write_bytes(b"\xff\x00 not a run")
    assert [entry.id[-3:] for entry in archive.entries()] == ["03Z", "02Z", "01Z"]
    assert archive.unreadable() == [stray]
    latest = archive.latest("rag")
    assert latest is not None
    assert latest.id.endswith("03Z")


def test_a_result_file_without_a_summary_is_summed_up_from_its_rows(archive: Archive) -> None:
    path = archive.folder / "rag" / "20261122T101500Z.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(results.dumps(a_run()))
    assert archive.entries()[0].summary.metrics["correctness"].mean == 0.5


@pytest.mark.parametrize("summary", ["3", "{}", '{"metrics": {"m": {"mean": "high", "n": 1, "coverage": 1}}}'])
def test_a_summary_that_cannot_be_read_is_made_anew(archive: Archive, summary: str) -> None:
    entry = archive.write(a_run())
    head, _, rest = results.dumps(a_run()).partition("\n")
    entry.path.write_text(f'{head[:-1]}, "summary": {summary}}}\n{rest}')
    assert archive.entries() == [entry]


def test_a_disk_that_takes_no_file_is_a_named_error(archive: Archive) -> None:
    archive.folder.parent.mkdir()
    archive.folder.write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        archive.write(a_run())


def test_a_run_without_a_time_is_refused(archive: Archive) -> None:
    with pytest.raises(UsageError, match="no time"):
        archive.write(replace(a_run(), created=""))
