"""The JSON report: its keys are documented, and its numbers are those of the run."""

from __future__ import annotations

import json
import re

import pytest

from tests.docs import markdown
from tests.evals.reports import samples
from tracekit.evals.reports import jsonform
from tracekit.evals.reports.outcome import exit_code


def test_every_key_is_documented() -> None:
    section = markdown.sections(markdown.ROOT / "docs" / "reports.md")["JSON"]
    documented = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| (.+?) \|", section, re.MULTILINE))))
    made = json.loads(jsonform.render([samples.regressed()]))
    suite = made["suites"][0]
    keys = made.keys() | suite.keys() | suite["metrics"]["correctness"].keys() | suite["rows"][0].keys()
    assert keys - documented == set()


@pytest.mark.parametrize("name", samples.CALM)
def test_the_shape_is_the_same_for_every_outcome(name: str) -> None:
    made = json.loads(jsonform.render([samples.CALM[name]()]))
    usual = json.loads(jsonform.render([samples.regressed()]))
    assert made.keys() == usual.keys()
    lacking = usual["suites"][0].keys() - made["suites"][0].keys()
    assert lacking <= {"alpha", "min_coverage"}  # where nothing was tested, there is no level of a test


def test_several_suites_have_no_metrics_at_the_top() -> None:
    made = json.loads(jsonform.render([samples.fine(), samples.regressed()]))
    assert (made["verdict"], made["exit"], made["coverage"]) == ("REGRESSED", 1, 0.925)
    assert "metrics" not in made


@pytest.mark.parametrize(
    ("codes", "code"),
    [([], 0), ([0, 0], 0), ([0, 3], 3), ([5, 1], 1), ([3, 5], 5), ([4, 3], 4), ([1, 130], 130), ([0, 2], 2)],
)
def test_the_exit_code_of_several_suites(codes: list[int], code: int) -> None:
    assert exit_code(codes) == code
