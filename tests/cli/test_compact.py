"""`tracekit compact` and the retention settings, with and without a running `up`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.support.commands import tracekit, up

Run = Callable[..., Ran]


def test_what_is_not_kept_is_forgotten_and_the_rest_is_as_before(
    run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEKIT_RETENTION", "keep, shop=1s")
    ran = run("compact", "--json")
    said = json.loads(ran.out)
    assert (ran.code, said["traces"], said["spans"]) == (0, 1, 2)
    assert said["bytes_after"] > 0
    assert run("sql", "--format", "csv", "SELECT project FROM traces").out.split() == ["project", "default"]


def test_without_settings_nothing_is_forgotten(run: Run, recorded: Path) -> None:
    assert run("compact").out.startswith("0 traces forgotten; ")
    assert run("sql", "--format", "csv", "SELECT count(*) AS n FROM spans").out.split() == ["n", "3"]


def test_a_setting_that_says_nothing_is_told(run: Run, recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEKIT_MAX_SIZE", "large")
    ran = run("compact")
    assert (ran.code, "'large' is no size" in ran.err) == (2, True)


def test_through_a_running_up_which_forgets_by_itself_as_well(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEKIT_RETENTION", "batch=1s, shop=1s")
    with up(cwd=tmp_path) as (_, process):
        ran = tracekit("compact", "--json", cwd=tmp_path)
        left = tracekit("sql", "--format", "csv", "SELECT project FROM traces", cwd=tmp_path)
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert ran.returncode == 0
    assert left.stdout.split() == ["project", "default"]
    assert json.loads(ran.stdout)["traces"] + ("1 traces with 2 spans were forgotten" in err) == 1
