"""A fragment of HTML for a notebook's cell: no script, no style sheet, nothing that the page around it could lose.

Colours are those of the notebook, so that it reads in dark and in light.
"""

from __future__ import annotations

from html import escape

from tracekit.evals.reports import words
from tracekit.evals.reports.html import visible
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.reports.report import Line, report

ROWS = 10
_RIGHT = "text-align:right;padding:2px 12px 2px 0;white-space:nowrap"
_LEFT = "text-align:left;padding:2px 12px 2px 0"
_COLOURS = {"error": "#d1352b", "ok": "#2a9159", "cut": "#a87300", "none": "inherit"}


def fragment(outcome: Outcome) -> str:
    """The fragment: what the verdict is, the table of metrics, and the rows that became worse."""
    made = report(outcome)
    parts = [
        f"<p><b>{_text(made.suite)}</b> {_verdict(made.word, words.MARKS[made.verdict])}: {_text(made.meaning)}</p>",
        f'<p style="opacity:0.75">{_text(" · ".join(made.facts))}</p>',
        *(f"<p>{_text(warning)}</p>" for warning in made.warnings),
        _table(made.lines),
        *(
            f"<p><b>{_text(one.label)}</b> {_text(sentence)}</p>"
            for one in made.lines
            for sentence in (*one.floors, *one.remarks)
        ),
        *map(_rows, made.lines),
        *(
            f"<p>{group.count:,} {_text(str(group.status))}: {_text(words.listed(group.rows))}</p>"
            for group in made.missing
        ),
        f'<p style="opacity:0.75">{_text(made.costs)}</p>',
    ]
    return f"<div>{''.join(part for part in parts if part)}</div>"


def _table(lines: tuple[Line, ...]) -> str:
    heads = ("metric", "base", "now", "difference", "95% interval", "p", "verdict")
    head = "".join(f'<th style="{_LEFT if name == "metric" else _RIGHT}">{name}</th>' for name in heads)
    rows = "".join(
        f'<tr><td style="{_LEFT}">{_text(one.label)}</td>'
        + "".join(
            f'<td style="{_RIGHT}">{_text(quantity.text)}</td>'
            for quantity in (one.base, one.now, one.difference, one.interval, one.p)
        )
        + f'<td style="{_RIGHT}">{_verdict(one.word, words.MARKS[one.verdict] if one.gated else "none")}</td></tr>'
        for one in lines
    )
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _rows(one: Line) -> str:
    if words.MARKS[one.verdict] == "ok" or not one.changes:
        return ""
    head = f"{len(one.changes):,} rows became worse" if one.became_worse else "the worst rows"
    items = "".join(
        f"<li>{_text(change.id)}: {_text(words.arrow(change.base, change.now))} "
        f"<code>{_text(words.shown(change.trace_id))}</code></li>"
        for change in one.changes[:ROWS]
    )
    more = f"<li>and {len(one.changes) - ROWS:,} more</li>" if len(one.changes) > ROWS else ""
    return f"<details><summary>{_text(one.label)}: {head}</summary><ul>{items}{more}</ul></details>"


def _verdict(word: str, mark: str) -> str:
    return f'<b style="color:{_COLOURS[mark]}">{_text(word)}</b>'


def _text(content: str) -> str:
    return escape(visible(content[:2_000]))
