"""Patterns: as `re` matches them, and ended when they take too long."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, scored, value
from tracekit.evals import matching
from tracekit.evals.score import Status


def test_it_is_pythons_re() -> None:
    chance = random.Random(1)
    atoms = ["a", "b", ".", "[ab]", "[^a]", r"\w", r"\d", "(a|b)", "(?:ab)", "ü", r"\b", "^", "$"]
    found = 0
    for _ in range(COUNT):
        pattern = "".join(chance.choice(atoms) + chance.choice(["", "", "+", "?", "{1,2}"]) for _ in range(3))
        text = "".join(chance.choices("abAB1ü \n", k=chance.randint(0, 8)))
        mode = chance.choice(["search", "match", "fullmatch"])
        fold = chance.random() < 0.5
        try:
            reference = getattr(re.compile(pattern, re.IGNORECASE if fold else 0), mode)(text)
        except re.error:
            assert scored("regex_match", output=text, pattern=pattern).status is Status.INVALID
            continue
        score = scored("regex_match", {"mode": mode, "ignore_case": fold}, output=text, pattern=pattern)
        assert (score.value, score.passed) == (float(reference is not None), reference is not None), (pattern, text)
        if reference:
            assert (score.details["start"], score.details["end"]) == reference.span()
            found += 1
    assert 10 < found < 180


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(a+)+$", "a" * 50 + "!"), ("(a|aa)+$", "a" * 80 + "b"), (r"^(\w+\s?)*$", "aaaa " * 30 + "!")],
)
def test_a_catastrophic_pattern_ends_as_a_timeout_and_the_next_is_answered(pattern: str, text: str) -> None:
    begun = time.monotonic()
    score = scored("regex_match", {"timeout": 0.3}, output=text, expected=pattern)
    assert (score.status, score.value, score.passed) == (Status.TIMEOUT, None, None)
    assert "0.3 s" in str(score.rationale)
    assert time.monotonic() - begun < 60
    assert value("regex_match", output="abc", expected="b") == 1.0


@pytest.mark.parametrize("pattern", ["(", "*", "(?P<a>", "[z-a]", "a{9999999999999}"])
def test_what_is_no_pattern_is_the_datasets_fault(pattern: str) -> None:
    score = scored("regex_match", output="x", pattern=pattern)
    assert score.status is Status.INVALID
    assert "no regular expression" in str(score.rationale)


@pytest.mark.parametrize(
    ("fields", "options", "found"),
    [
        ({"output": "order 66", "pattern": r"\d+"}, {}, 1),
        ({"output": "order 66", "expected": r"\d+"}, {"pattern": "x"}, 0),
        ({"output": "b", "expected": ["a", "b"]}, {}, 1),
        ({"output": "a\nb", "expected": "a.b"}, {"dotall": True}, 1),
        ({"output": "a\nb", "expected": "^b"}, {"multiline": True}, 1),
        ({"output": {"k": 1}, "expected": '"k": 1'}, {}, 1),
        ({"output": "\ud800 lone", "expected": "lone"}, {}, 1),
    ],
)
def test_by_example(fields: dict[str, Any], options: dict[str, Any], found: int) -> None:
    assert value("regex_match", options, **fields) == found


def test_without_a_pattern_it_is_missing() -> None:
    score = scored("regex_match", output="x")
    assert (score.status, score.rationale) == (
        Status.MISSING,
        "regex_match needs pattern or expected, which the row does not have.",
    )


def test_a_process_that_has_died_is_replaced() -> None:
    assert value("regex_match", output="abc", expected="b") == 1.0
    process = matching._matcher._process  # pyright: ignore[reportPrivateUsage]
    assert process is not None
    process.kill()
    process.wait()
    assert value("regex_match", output="abc", expected="b") == 1.0


def test_a_fork_has_a_process_of_its_own_and_none_is_left_behind() -> None:
    code = (
        "import os, sys\n"
        "from tracekit.evals.matching import _matcher, span\n"
        "assert span('b', 'abc') == (1, 2)\n"
        "mine = _matcher._process.pid\n"
        "child = os.fork()\n"
        "assert span('c', 'abc') == (2, 3)\n"
        "assert (_matcher._process.pid == mine) == (child != 0)\n"
        "if child:\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    assert span('a', 'abc') == (0, 1)\n"
        "    print(mine)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
