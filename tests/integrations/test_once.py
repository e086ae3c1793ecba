"""What two integrations have in common stands once: in `sdk/`, or in a module that both import."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import tracekit_integrations

LINES = 4
"""A body of so many lines is worth a name of its own."""


def bodies(path: Path) -> list[tuple[str, str]]:
    """Of each function in a file that is long enough: its place, and its body without docstring and line numbers."""
    found: list[tuple[str, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if body and (body[-1].end_lineno or 0) - body[0].lineno + 1 >= LINES:
            found.append((f"{path.name}:{node.name}", "\n".join(map(ast.dump, body))))
    return found


def test_no_body_of_four_lines_stands_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sorted(Path(tracekit_integrations.__file__).parent.glob("*.py")):
        for place, body in bodies(path):
            places[body].append(place)
    assert len(places) > 100
    assert [where for where in places.values() if len(where) > 1] == []
