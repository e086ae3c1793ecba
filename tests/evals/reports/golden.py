"""The golden files of the forms, and the way to write them anew: `python -m tests.evals.reports.golden`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.evals.reports import samples
from tracekit.evals.reports import html, jsonform, junit, markdown, notebook, terminal
from tracekit.evals.reports.outcome import Outcome

FOLDER = Path(__file__).parents[2] / "golden" / "reports"
VIEWER = "http://127.0.0.1:4318/"

FORMS: Mapping[str, Callable[[Outcome], str]] = {
    "txt": lambda outcome: terminal.text([outcome]),
    "narrow.txt": lambda outcome: terminal.text([outcome], columns=48),
    "xml": lambda outcome: junit.render([outcome]),
    "comment.md": lambda outcome: markdown.comment([outcome], key="rag", viewer=VIEWER),
    "summary.md": lambda outcome: markdown.summary([outcome]),
    "json": lambda outcome: json.dumps(json.loads(jsonform.render([outcome])), indent=1) + "\n",
    "html": lambda outcome: html.render([outcome], viewer=VIEWER),
    "notebook.html": lambda outcome: notebook.fragment(outcome) + "\n",
}


PAGES = ("empty", "first", "regressed")
"""Outcomes that have a golden HTML report: the page has no words of its own for the others."""


def forms(name: str) -> list[str]:
    """The forms of an outcome that are kept."""
    return [form for form in FORMS if form != "html" or name in PAGES]


def path(name: str, form: str) -> Path:
    return FOLDER / f"{name}.{form}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in samples.CALM.items():
        for form in forms(name):
            path(name, form).write_text(FORMS[form](make()), encoding="utf-8")
