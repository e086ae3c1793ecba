"""Traces beside each other as a page shows them: figures, every call of any of them, and one call's texts compared.

Owns how a difference reads. The first trace is what the others are held against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tracekit import state, units
from tracekit.query.alignment import Call
from tracekit.query.comparing import LETTERS, Compared, texts
from tracekit.query.worddiff import Piece, diff
from tracekit.state import State
from tracekit.units import Moment, Quantity
from tracekit_viewer.text import Folded, folded

SHOWN = ("", "differs", "changed", "added", "removed", "partly", "same")
MARKS = {"same": "none", "changed": "cut", "added": "ok", "removed": "error", "partly": "running"}
AROUND = 240
"""Characters of an unchanged piece that stand beside what has changed; the rest of it is folded."""
_INDENTED = 12


@dataclass(slots=True, frozen=True, kw_only=True)
class Side:
    """One of the traces."""

    letter: str
    id: str
    href: str
    name: str
    state: State
    started: Moment | None
    figures: list[Quantity]
    models: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Cell:
    """A call in one of the traces; without a state where that does not have it."""

    href: str
    state: State | None
    model: str
    tokens: Quantity
    cost: Quantity
    latency: Quantity


@dataclass(slots=True, frozen=True, kw_only=True)
class Line:
    """A call of any of the traces."""

    place: int
    href: str
    kind: str
    name: str
    level: int
    indent: int
    change: str
    mark: str
    active: bool
    cells: list[Cell]


@dataclass(slots=True, frozen=True, kw_only=True)
class Stretch:
    """A piece of a comparison; of a long one that is the same in both, the middle is folded."""

    op: str
    text: str
    fold: str = ""
    end: str = ""


@dataclass(slots=True, frozen=True, kw_only=True)
class Text:
    """One text of a call, the first trace's held against another's; `whole` where both are the same."""

    title: str
    note: str
    stretches: list[Stretch]
    whole: Folded | None
    left_out: int


@dataclass(slots=True, frozen=True, kw_only=True)
class Detail:
    """One call in full: for each other trace, its texts held against the first one's that has it."""

    line: Line
    against: list[tuple[str, list[Text]]]


@dataclass(slots=True, frozen=True, kw_only=True)
class Asked:
    """What an address asks: the traces, which calls, from which one, and the one in full."""

    traces: tuple[str, ...]
    show: str = ""
    start: int = 0
    size: int = 200
    row: int | None = None

    def href(self, **other: Any) -> str:
        """The address with some of it otherwise."""
        said: dict[str, Any] = {"show": self.show, "from": self.start or "", "row": self.row, **other}
        pairs = [*zip(LETTERS, self.traces, strict=False), *said.items()]
        return "/compare?" + urlencode([(name, value) for name, value in pairs if value not in (None, "")])


@dataclass(slots=True, frozen=True, kw_only=True)
class Comparison:
    """The page."""

    sides: list[Side]
    labels: list[str]
    shown: list[tuple[str, str, int, bool]]
    lines: list[Line]
    detail: Detail | None
    first: int
    total: int
    before: str | None
    further: str | None


def places(found: Compared, show: str) -> list[int]:
    """The places of the calls that are asked for, in reading order."""
    every = enumerate(found.changes)
    return [place for place, each in every if not show or each == show or (show == "differs" and each != "same")]


def default_row(found: Compared) -> int | None:
    """The call that is shown in full where none is asked for: the first model call that has changed, else any."""
    changed = [place for place, each in enumerate(found.changes) if each == "changed"]
    calls = [place for place in changed if found.calls[place].key[0] == "llm"]
    return next(iter([*calls, *changed]), None)


def comparison(found: Compared, asked: Asked, *, now: datetime, span: Callable[[Mapping[str, Any]], Any]) -> Comparison:
    """Make the page.

    Args:
        found: the traces.
        asked: what the address asks.
        now: what "ago" counts from.
        span: gives a span with its content.
    """
    chosen = places(found, asked.show)
    row = asked.row if asked.row is not None else default_row(found)
    window = chosen[asked.start : asked.start + asked.size]
    more = asked.start + asked.size
    counts: Counter[str] = Counter(map(str, found.changes))
    counts[""], counts["differs"] = len(found.calls), len(found.calls) - counts["same"]
    made = _line(found, row, asked, row) if row is not None and row < len(found.calls) else None
    return Comparison(
        sides=[_side(letter, trace, now) for letter, trace in zip(LETTERS, found.traces, strict=False)],
        labels=["Duration", "Spans", "Errors", "Tokens in", "Tokens out", "Cost"],
        shown=[
            (_SHOWN[each], asked.href(show=each, row=None, **{"from": ""}), counts[each], each == asked.show)
            for each in SHOWN
            if counts[each] or each in ("", asked.show)
        ],
        lines=[_line(found, place, asked, row) for place in window],
        detail=_detail(found.calls[made.place], made, span) if made else None,
        first=asked.start,
        total=len(chosen),
        before=asked.href(**{"from": max(0, asked.start - asked.size) or ""}) if asked.start else None,
        further=asked.href(**{"from": more}) if more < len(chosen) else None,
    )


_SHOWN = {
    "": "All calls", "differs": "Different", "changed": "Changed", "added": "Added", "removed": "Removed",
    "partly": "In some", "same": "Same",
}  # fmt: skip


def _side(letter: str, trace: Mapping[str, Any], now: datetime) -> Side:
    return Side(
        letter=letter.upper(),
        id=trace["trace_id"],
        href=f"/traces/{trace['trace_id']}",
        name=trace["name"] or "(unnamed)",
        state=state.of_trace(trace),
        started=units.moment(trace["start_time"], now),
        figures=[
            units.duration(trace["duration_ms"]),
            units.count(trace["span_count"], "spans"),
            units.count(trace["error_count"] or 0, "failed spans"),
            units.count(trace["input_tokens"], "input tokens"),
            units.count(trace["output_tokens"], "output tokens"),
            units.money(trace["cost_usd"]),
        ],
        models=", ".join(trace["models"] or ()),
    )


def _line(found: Compared, place: int, asked: Asked, row: int | None) -> Line:
    call = found.calls[place]
    kind, name = call.key
    return Line(
        place=place,
        href=asked.href(row=place) + "#call",
        kind=kind,
        name=name or "(unnamed)",
        level=call.level,
        indent=min(call.level - 1, _INDENTED),
        change=found.changes[place],
        mark=MARKS[found.changes[place]],
        active=place == row,
        cells=[_cell(call.spans.get(number)) for number in range(len(found.traces))],
    )


def _cell(span: Mapping[str, Any] | None) -> Cell:
    if span is None:
        return Cell(
            href="",
            state=None,
            model="",
            tokens=units.unknown("tokens"),
            cost=units.unknown("cost"),
            latency=units.unknown("duration"),
        )
    tokens = [span[name] for name in ("input_tokens", "output_tokens") if span[name] is not None]
    return Cell(
        href=f"/traces/{span['trace_id']}?span={span['span_id']}",
        state=state.of_span(span),
        model=span["model"] or "",
        tokens=units.count(sum(tokens) if tokens else None),
        cost=units.money(span["cost_usd"]),
        latency=units.duration(span["duration_ms"]),
    )


def _detail(call: Call, line: Line, span: Callable[[Mapping[str, Any]], Any]) -> Detail:
    numbers = sorted(call.spans)
    content = {number: texts(span(call.spans[number])) for number in numbers}
    base = numbers[0]
    if len(numbers) == 1:
        title = f"Only in {LETTERS[base].upper()}"
        return Detail(line=line, against=[(title, _texts(content[base], content[base]))])
    pairs = [(f"{LETTERS[base].upper()} to {LETTERS[other].upper()}", other) for other in numbers[1:]]
    return Detail(line=line, against=[(title, _texts(content[base], content[other])) for title, other in pairs])


def _texts(before: Mapping[str, str], after: Mapping[str, str]) -> list[Text]:
    return [_one(title, before.get(title, ""), after.get(title, "")) for title in {**before, **after}]


def _one(title: str, before: str, after: str) -> Text:
    if before == after:
        return Text(title=title, note="the same", stretches=[], whole=folded(before), left_out=0)
    found = diff(before, after)
    note = "added" if not before else "removed" if not after else "changed"
    if found.is_same:
        note = "changed beyond what is compared"
    stretches = [_stretch(piece) for piece in found.pieces]
    return Text(title=title, note=note, stretches=stretches, whole=None, left_out=max(found.left_out))


def _stretch(piece: Piece) -> Stretch:
    if piece.op != "same" or len(piece.text) <= 3 * AROUND:
        return Stretch(op=piece.op, text=piece.text)
    middle = piece.text[AROUND:-AROUND]
    return Stretch(op=piece.op, text=piece.text[:AROUND], fold=middle, end=piece.text[-AROUND:])
