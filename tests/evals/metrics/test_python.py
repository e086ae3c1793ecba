"""Python in outputs: the compiler's word, and trees of programs written otherwise."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest

from tests.evals.metrics.scoring import COUNT, scored, value
from tracekit.evals.score import Status

SOURCES = sorted((Path(__file__).parents[3] / "tracekit" / "evals").glob("*.py"))


def statements() -> list[str]:
    """Functions and classes of this repository, each as text."""
    found: list[str] = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        found += [ast.get_source_segment(text, node) or "" for node in ast.parse(text).body]
    return [each for each in found if 20 < len(each) < 3000]


def test_python_valid_is_the_compilers() -> None:
    chance = random.Random(1)
    there = statements()
    seen = [0, 0]
    for _ in range(COUNT):
        source = chance.choice(there)
        if chance.random() < 0.7:
            place = chance.randrange(len(source))
            source = source[:place] + chance.choice(["", "(", ":", "\n", "'", " "]) + source[place + 1 :]
        try:
            compile(source, "<test>", "exec", dont_inherit=True)
            reference = 1
        except (SyntaxError, ValueError):
            reference = 0
        assert value("python_valid", output=source) == reference
        seen[reference] += 1
    assert min(seen) > 40


def test_a_program_is_equal_to_itself_written_anew_and_to_no_other() -> None:
    chance = random.Random(2)
    there = list(dict.fromkeys(statements()))
    trees = [ast.dump(ast.parse(each)) for each in there]
    for _ in range(COUNT):
        place, other = chance.randrange(len(there)), chance.randrange(len(there))
        again = f"# a comment\n\n{ast.unparse(ast.parse(there[place]))}\n"
        assert value("python_ast_equal", {"docstrings": True}, output=again, expected=there[place]) == 1.0
        found = value("python_ast_equal", {"docstrings": True}, output=there[other], expected=there[place])
        assert found == (trees[other] == trees[place])


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("x = 1", 1),
        ("", 1),
        ("return 1", 0),
        ("break", 0),
        ("x = '\\d'", 1),
        ("print 'x'", 0),
        ("x\x00y", 0),
        ("(" * 5000 + ")" * 5000, 0),
        ("def f():\n\tx = 1\n        y = 2", 0),
    ],
)
def test_by_example(output: str, found: int) -> None:
    assert value("python_valid", output=output) == found


def test_docstrings_count_when_asked() -> None:
    plain, told = "def f():\n    return 1", 'def f():\n    """Say one."""\n    return 1'
    assert value("python_ast_equal", output=told, expected=plain) == 1.0
    assert value("python_ast_equal", {"docstrings": True}, output=told, expected=plain) == 0.0
    assert value("python_ast_equal", output="x = 1", expected=["x = 2", "x=1"]) == 1.0


def test_whose_fault_it_is() -> None:
    assert value("python_ast_equal", output="def", expected="x") == 0.0
    assert scored("python_ast_equal", output="x", expected="def").status is Status.INVALID
    assert scored("python_valid", output=5).status is Status.INVALID
    assert value("python_valid", {"fenced": True}, output="```python\nx = 1\n```") == 1.0
    assert value("python_valid", output="```python\nx = 1\n```") == 0.0
