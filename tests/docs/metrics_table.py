"""The tables of `docs/metrics.md`, made of the registry: `python -m tests.docs.metrics_table` writes them anew."""

from __future__ import annotations

from collections.abc import Iterable

from tests.docs import markdown
from tracekit.cli.eval_metrics import family
from tracekit.evals.metric import Metric
from tracekit.evals.registry import every

PATH = markdown.ROOT / "docs" / "metrics.md"
BEGIN, END = "<!-- tables: python -m tests.docs.metrics_table -->", "<!-- end of tables -->"
TITLES = {
    "overlap": "Text: equality, words, parts",
    "patterns": "Text: patterns",
    "edits": "Text: edits",
    "translation": "Text: machine translation",
    "rouge": "Text: summaries",
    "transcription": "Text: transcription",
    "language": "Text: language",
    "semantic": "Meaning, by an embedder",
    "structured": "JSON",
    "numbers": "Numbers",
    "formats": "XML, YAML, CSV",
    "sql": "SQL",
    "python": "Python",
    "tables": "Tables",
    "retrieval": "Retrieval",
    "grounding": "Quotations",
    "safety": "Safety, by rules",
    "trajectory": "Tool calls",
    "spans": "Tools and spans of a trace",
    "operational": "Time, tokens and money of a trace",
}
"""Families in the order of the page; those that are not named here follow, by the name of their module."""


def titled() -> dict[str, list[Metric]]:
    """The metrics of the package by the title of their family."""
    found: dict[str, list[Metric]] = {}
    for metric in every().values():
        if metric.function.__module__.startswith("tracekit.evals.metrics."):
            found.setdefault(family(metric), []).append(metric)
    order = [*TITLES, *sorted(found.keys() - TITLES.keys())]
    return {TITLES.get(name) or _title(name): found[name] for name in order if name in found}


def tables() -> str:
    """All tables, each under its title."""
    return "\n".join(f"### {title}\n\n{_table(metrics)}\n" for title, metrics in titled().items())


def _title(name: str) -> str:
    kind, _, rest = name.partition("_")
    return f"By a judge: {rest.replace('_', ' ')}" if kind == "judge" else name.replace("_", " ").capitalize()


def _table(metrics: Iterable[Metric]) -> str:
    head = ["| metric | what it is | needs | options | range | source |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(metric) for metric in metrics)])


def _row(metric: Metric) -> str:
    needs = ", ".join(" or ".join(f"`{name}`" for name in each.split("|")) for each in metric.inputs)
    options = ", ".join(f"`{name}={value!r}`" for name, value in metric.options.items())
    better = "" if metric.better == "higher" else ", lower is better"
    unit = "" if metric.unit is None else f" {metric.unit}"
    reach = f"{metric.range}{unit}{better}" if not metric.binary else "0 or 1"
    cells = (f"`{metric.name}`", metric.summary, needs or "-", options or "-", reach, metric.source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write the tables into the page."""
    text = PATH.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PATH.write_text(f"{before}{BEGIN}\n\n{tables()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
