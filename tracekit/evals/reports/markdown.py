"""GitHub's Markdown: the comment on a pull request, and the summary of a job.

A comment begins with a marker that nobody sees, by which the comment of an earlier push is found and replaced. Both
are cut to what GitHub takes, row by row, and say how much was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tracekit import units
from tracekit.evals.reports import words
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.reports.report import Line, Missing, Report, report
from tracekit.markup import code, html_code, number, prose

COMMENT_LIMIT = 65_536
SUMMARY_LIMIT = 1_048_576
"""What GitHub takes, in bytes of a summary and in characters of a comment; both are counted in bytes here."""
_ICONS = {"error": "❌", "ok": "✅", "cut": "⚠️", "none": "📋"}
_ROWS = (200, 50, 10, 3, 0)
"""Rows of a metric that are listed: the first of these with which it all fits."""
_LEFT_OUT = "\n\nThe rest does not fit here; the JSON and HTML reports have it.\n"


def marker(key: str = "") -> str:
    """The line by which a comment is found again; two jobs of one repository need two keys."""
    tame = re.sub(r"[^A-Za-z0-9._]+", "-", key).strip("-")
    return f"<!-- tracekit eval{': ' + tame if tame else ''} -->"


def comment(outcomes: Iterable[Outcome], *, key: str = "", viewer: str | None = None) -> str:
    """The comment on a pull request.

    Args:
        outcomes: one for each suite.
        key: tells apart comments of several jobs.
        viewer: address of a viewer that has the traces, to link them.
    """
    return f"{marker(key)}\n{_fitting(outcomes, COMMENT_LIMIT - 200, viewer)}"


def summary(outcomes: Iterable[Outcome], *, viewer: str | None = None) -> str:
    """What is appended to `$GITHUB_STEP_SUMMARY`."""
    return _fitting(outcomes, SUMMARY_LIMIT - 200, viewer)


def _fitting(outcomes: Iterable[Outcome], limit: int, viewer: str | None) -> str:
    made = [report(outcome) for outcome in outcomes]
    text = ""
    for rows in _ROWS:
        text = "\n\n".join(_suite(one, rows, viewer) for one in made) + "\n"
        if len(text.encode()) <= limit:
            return text
    kept = text.encode()[: limit - len(_LEFT_OUT.encode())].decode(errors="ignore").rpartition("\n")[0]
    if kept.count("<details>") > kept.count("</details>"):  # what follows must not be folded away with it
        kept += "\n\n</details>"
    return kept + _LEFT_OUT


def _suite(made: Report, rows: int, viewer: str | None) -> str:
    icon = _ICONS[words.MARKS[made.verdict]]
    blocks = [
        f"### {icon} {code(made.suite)} {made.word}",
        f"{made.meaning[0].upper()}{made.meaning[1:]}. {prose(' · '.join(made.facts))}.",
        "\n>\n".join(f"> ⚠️ {prose(warning)}" for warning in made.warnings),
        _table(made.lines),
        "\n".join(_remarks(made.lines)),
        *(_rows(one, rows, viewer) for one in made.lines),
        _missing(made.missing),
        _flaky(made.lines),
        _slices(made.slices),
        f"<sub>{prose(made.costs)}</sub>",
    ]
    return "\n\n".join(block for block in blocks if block)


def _table(lines: Sequence[Line]) -> str:
    if not lines:
        return "No metric was scored."
    rows = ["| metric | base | now | difference, 95% interval | p | verdict |", "|---|--:|--:|---|--:|---|"]
    for one in lines:
        name = code(one.label) + ("" if one.gated else " (ungated)")
        interval = f" {one.interval.text}" if one.interval.known else ""
        icon = f"{_ICONS[words.MARKS[one.verdict]]} " if one.verdict and one.gated else ""
        cells = (one.base.text, one.now.text, f"{one.difference.text}{interval}", one.p.text)
        rows.append(f"| {name} | {' | '.join(map(number, cells))} | {icon}{one.word} |")
    return "\n".join(rows)


def _remarks(lines: Sequence[Line]) -> Iterable[str]:
    for one in lines:
        for sentence in (*one.floors, *one.remarks):
            yield f"- {code(one.label)}: {prose(sentence)}"


def _rows(one: Line, limit: int, viewer: str | None) -> str:
    if words.MARKS[one.verdict] == "ok" or not one.changes:
        return ""
    head = f"{units.plural(len(one.changes), 'row')} became worse" if one.became_worse else "the worst rows"
    shown = one.changes[:limit]
    table = ["| row | base → now | trace |", "|---|---|---|"] if shown else []
    for change in shown:
        value = words.arrow(change.base, change.now) if change.base.known else change.now.text
        table.append(f"| {code(change.id)} | {number(value)} | {_trace(change.trace_id, viewer)} |")
    more = len(one.changes) - len(shown)
    rest = f"\n\n{more:,} more are in the JSON and HTML reports." if more else ""
    return (
        f"<details><summary>{html_code(one.label)}: {head}</summary>\n\n" + "\n".join(table) + f"{rest}\n\n</details>"
    )


def _trace(trace_id: str | None, viewer: str | None) -> str:
    if trace_id is None:
        return units.UNKNOWN
    hint = code(words.shown(trace_id))
    link = words.address(viewer, f"/traces/{trace_id}")
    return f"[{hint}]({link})" if link else hint


def _missing(groups: Sequence[Missing]) -> str:
    if not groups:
        return ""
    rows = ["| without a score | | metrics | rows | what was said |", "|---|--:|---|---|---|"]
    for group in groups:
        metrics = ", ".join(map(code, group.metrics[:8])) or units.UNKNOWN
        named = ", ".join(map(code, group.rows[:5])) + (f" and {len(group.rows) - 5:,} more" if group.rows[5:] else "")
        example = code(group.example) if group.example else units.UNKNOWN
        rows.append(f"| {group.status} | {group.count:,} | {metrics} | {named} | {example} |")
    return "\n".join(rows)


def _flaky(lines: Sequence[Line]) -> str:
    said = [
        f"- {code(one.label)}: trials disagree in {units.plural(len(one.flaky), 'row')}: "
        + ", ".join(map(code, one.flaky[:8]))
        + (f" and {len(one.flaky) - 8:,} more" if one.flaky[8:] else "")
        for one in lines
        if one.flaky
    ]
    return "\n".join(said)


def _slices(said: Sequence[str]) -> str:
    if not said:
        return ""
    items = "\n".join(f"- {prose(sentence)}" for sentence in said)
    return f"<details><summary>Parts of the rows, to look at, not to decide by</summary>\n\n{items}\n\n</details>"
