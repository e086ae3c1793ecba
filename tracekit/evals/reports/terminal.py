"""A report on a terminal: lines of styled pieces, the same with and without colour, for any width from 40 columns up.

Whoever prints them decides on colour. Nothing of a row can act on the terminal: every foreign text is spelled out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tracekit import units
from tracekit.evals.reports import words
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.reports.report import Change, Line, Missing, Report, report
from tracekit.text import fit, line, width

Piece = tuple[str, str]
"""Text, and its style: red, green, yellow, bold, dim, or none."""
Styled = tuple[Piece, ...]

COLOURS = {"error": "red", "ok": "green", "cut": "yellow", "none": ""}
ROWS = 10
"""Rows that became worse which are listed for a metric; the other forms have them all."""
_GAP = "  "
_WHOLE = 400
_LEGIBLE = 10
_HEADS = ("metric", "base", "now", "95% interval", "difference", "p", "verdict")
"""The interval has a column of its own where it is not that of a difference."""
_RIGHT = {"base", "now", "p"}


def text(outcomes: Iterable[Outcome], *, columns: int = 80) -> str:
    """The report as plain text."""
    return "".join(f"{''.join(piece for piece, _ in styled).rstrip()}\n" for styled in lines(outcomes, columns=columns))


def lines(outcomes: Iterable[Outcome], *, columns: int = 80) -> list[Styled]:
    """The report, line by line, no line wider than `columns` where a space could break it."""
    found: list[Styled] = []
    for outcome in outcomes:
        if found:
            found.append(())
        found += _suite(report(outcome), columns)
    return found


def _suite(made: Report, columns: int) -> Iterator[Styled]:
    style = f"bold {COLOURS[words.MARKS[made.verdict]]}".strip()
    yield (
        (fit(_foreign(made.suite, columns), columns - len(made.word) - len(_GAP)), "bold"),
        (_GAP, ""),
        (made.word, style),
    )
    yield from _wrapped(f"{made.meaning[0].upper()}{made.meaning[1:]}.", columns)
    yield from _wrapped(" · ".join(made.facts), columns, style="dim")
    for warning in made.warnings:
        yield from _wrapped(warning, columns, style="yellow")
    yield ()
    yield from _table(made.lines, columns)
    if any(not one.gated and one.verdict for one in made.lines):
        yield from _wrapped("In brackets: told, and not part of the gate.", columns, style="dim")
    for one in made.lines:
        yield from _told(one, columns)
    yield from _missing(made.missing, columns)
    yield from _flaky(made.lines, columns)
    if made.slices:
        yield ()
        yield from _wrapped("Parts of the rows, to look at, not to decide by", columns, style="bold")
        for said in made.slices:
            yield from _wrapped(said, columns, indent=2)
    yield ()
    yield from _wrapped(made.costs, columns, style="dim")


def _table(found: Sequence[Line], columns: int) -> Iterator[Styled]:
    if not found:
        yield (("No metric was scored.", ""),)
        return
    wide = max(width(one.difference.text) for one in found)
    cells = [_cells(one, wide) for one in found]
    told = {name for name in _HEADS if any(cell[name].strip() != units.UNKNOWN for cell in cells)}
    if "difference" in told:
        told.discard("95% interval")
    shown = [name for name in _HEADS if name in told | {"metric", "now"}]
    widths = {name: max(width(name), *(width(cell[name]) for cell in cells)) for name in shown}
    if sum(widths.values()) + len(_GAP) * (len(shown) - 1) > columns:
        yield from _stacked(found, cells, columns)
        return
    yield tuple((_padded(name, widths[name], name) + _GAP, "dim") for name in shown)
    yield tuple(("─" * widths[name] + _GAP, "dim") for name in shown)
    for one, cell in zip(found, cells, strict=True):
        yield tuple((_padded(cell[name], widths[name], name) + _GAP, _style(one, name)) for name in shown)


def _stacked(found: Sequence[Line], cells: Sequence[dict[str, str]], columns: int) -> Iterator[Styled]:
    """Two lines or three for each metric, where a line of the table does not fit."""
    for one, cell in zip(found, cells, strict=True):
        room = columns - width(cell["verdict"]) - len(_GAP)
        name = fit(cell["metric"], room)
        yield (
            (name, _style(one, "metric")),
            (" " * (room - width(name)) + _GAP, ""),
            (cell["verdict"], _style(one, "verdict")),
        )
        known = [words.arrow(one.base, one.now) if one.base.known else one.now.text]
        known += [cell["difference"].strip()] if one.difference.known else []
        known += [one.interval.text] if one.interval.known and not one.difference.known else []
        known += [f"p {cell['p']}"] if one.p.known else []
        yield from _wrapped(", ".join(known), columns, indent=2)


def _cells(one: Line, wide: int) -> dict[str, str]:
    interval = f" {one.interval.text}" if one.interval.known and one.difference.known else ""
    return {
        "metric": _foreign(one.label, _WHOLE),
        "base": one.base.text,
        "now": one.now.text,
        "95% interval": one.interval.text,
        "difference": one.difference.text.rjust(wide) + interval,
        "p": one.p.text,
        "verdict": one.word if one.gated or one.verdict is None else f"({one.word})",
    }


def _style(one: Line, name: str) -> str:
    if name == "verdict":
        return f"bold {COLOURS[words.MARKS[one.verdict]]}".strip() if one.gated else "dim"
    return "" if one.gated else "dim"


def _padded(cell: str, wide: int, name: str) -> str:
    space = " " * (wide - width(cell))
    return space + cell if name in _RIGHT else cell + space


def _told(one: Line, columns: int) -> Iterator[Styled]:
    """What is to be said of a metric beneath the table: floors, what would settle it, the rows that became worse."""
    settled = one.verdict is None or words.MARKS[one.verdict] == "ok"
    rows = [] if settled else list(one.changes)
    sentences = list(one.remarks)
    if not one.complete and not settled:
        sentences.insert(0, f"{one.coverage.text} of the results have a score.")
    if not (rows or sentences or one.floors):
        return
    yield ()
    yield ((_foreign(one.label, columns), "bold"),)
    for floor in one.floors:
        yield from _wrapped(floor, columns, indent=2, style="" if " holds: " in floor else "red")
    for sentence in sentences:
        yield from _wrapped(sentence, columns, indent=2)
    if rows:
        yield from _rows(one, rows, columns)


def _rows(one: Line, rows: Sequence[Change], columns: int) -> Iterator[Styled]:
    head = f"{len(rows):,} became worse, the greatest loss first:" if one.became_worse else "The worst rows:"
    yield from _wrapped(head, columns, indent=2)
    shown = rows[:ROWS]
    values = [words.arrow(row.base, row.now) if row.base.known else row.now.text for row in shown]
    values = [_foreign(value, columns) for value in values]
    hints = [words.shown(row.trace_id) for row in shown]
    fixed = 2 + len(_GAP) + max(map(width, values))
    beside = len(_GAP) + max(map(width, hints))
    apart = columns - fixed - beside < _LEGIBLE  # then the command has a line of its own
    room = max(columns - fixed - (0 if apart else beside), _LEGIBLE)
    names = [fit(_foreign(row.id, _WHOLE), room) for row in shown]
    for name, value, hint in zip(_left(names), _left(values), hints, strict=True):
        if apart:
            yield ((f"  {name}{_GAP}{value}", ""),)
            yield ((f"    {hint}", "dim"),)
        else:
            yield ((f"  {name}{_GAP}{value}{_GAP}", ""), (hint, "dim"))
    if len(rows) > ROWS:
        more = f"{len(rows) - ROWS:,} more are in the JSON and HTML reports."
        yield from _wrapped(more, columns, indent=2, style="dim")


def _left(cells: Sequence[str]) -> list[str]:
    wide = max(map(width, cells))
    return [cell + " " * (wide - width(cell)) for cell in cells]


def _missing(groups: Sequence[Missing], columns: int) -> Iterator[Styled]:
    if not groups:
        return
    yield ()
    yield (("Without a score", "bold"),)
    for group in groups:
        where = f" in {words.listed(group.metrics)}" if group.metrics else ""
        said = f"{group.count:,} {group.status}{where}: {words.listed(group.rows)}"
        yield from _wrapped(said, columns, indent=2, style="dim" if group.status == "skipped" else "")
        if group.example:
            yield from _wrapped(line(group.example, 2 * columns), columns, indent=4, style="dim")


def _flaky(found: Sequence[Line], columns: int) -> Iterator[Styled]:
    flaky = [one for one in found if one.flaky]
    if not flaky:
        return
    yield ()
    yield (("Rows whose trials disagree", "bold"),)
    for one in flaky:
        yield from _wrapped(f"{one.label}: {len(one.flaky):,}: {words.listed(one.flaky)}", columns, indent=2)


def _wrapped(sentence: str, columns: int, *, indent: int = 0, style: str = "") -> Iterator[Styled]:
    """A sentence over as many lines as it needs; a word that is longer than a line is cut, and says so."""
    room = max(columns - indent, 10)
    held = ""
    for word in _foreign(sentence, 10_000).split(" "):
        if held and width(held) + 1 + width(word) > room:
            yield ((" " * indent + held, style),)
            held = ""
        held = f"{held} {fit(word, room)}" if held else fit(word, room)
    yield ((" " * indent + held, style),)


def _foreign(content: str, limit: int) -> str:
    return line(content, max(limit, 10))
