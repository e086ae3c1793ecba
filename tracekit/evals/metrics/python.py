"""Python in outputs: parsed, never run."""

from __future__ import annotations

import ast
import warnings
from typing import Any

from tracekit.evals.decoded import unfenced
from tracekit.evals.fields import flag, references, shown, verdict
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score


@metric(inputs=["output"], binary=True, source="the compiler of the Python that runs")
def python_valid(row: Row, *, fenced: bool = False) -> Score:
    """Whether the output compiles as a Python module. It is not run.

    `fenced=True` lets a Markdown code fence stand around it.
    """
    source = _source(row.output, fenced=flag(fenced, "fenced"))
    try:
        _compiled(source)
    except _UNREADABLE as error:
        return verdict(False, _why(error))
    return verdict(True)


@metric(
    inputs=["output", "expected"],
    binary=True,
    source="ast of Python; checked against programs written otherwise from one tree",
)
def python_ast_equal(row: Row, *, docstrings: bool = False, fenced: bool = False) -> Score:
    """Whether output and expected code, or one of them, have the same syntax tree: layout and comments do not matter.

    Docstrings count with `docstrings=True`. An output that does not compile is 0.
    """
    keep = flag(docstrings, "docstrings")
    answers: set[str] = set()
    for answer in references(row):
        try:
            answers.add(_tree(answer, docstrings=keep))
        except _UNREADABLE as error:
            raise InvalidRowError(f"expected is no Python: {_why(error)}") from error
    source = _source(row.output, fenced=flag(fenced, "fenced"))
    try:
        found = _tree(source, docstrings=keep)
    except _UNREADABLE as error:
        return verdict(False, _why(error))
    return verdict(found in answers)


_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What the compiler raises for text that is no program, or nested deeper than it goes."""


def _source(value: Any, *, fenced: bool) -> str:
    if not isinstance(value, str):
        raise InvalidRowError(f"output is {shown(value)}; it is text.")
    return unfenced(value) if fenced else value


def _compiled(source: str) -> ast.Module:
    """The tree, once the compiler has taken it: a `return` outside a function parses, and is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd escapes: not ours to tell
        tree = ast.parse(source)
        compile(source, "<output>", "exec", dont_inherit=True)
    return tree


def _tree(source: str, *, docstrings: bool) -> str:
    tree = _compiled(source)
    if not docstrings:
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
                ast.get_docstring(node, clean=False) is not None
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _why(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}."
    return f"{type(error).__name__}: {error}."
