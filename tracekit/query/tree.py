"""A trace as lines of text: who called whom, how long it took, what it cost, and the beginning of what was said. Pure.

Everything that comes from the trace passes `tracekit.text`, so that it can only be read.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit import state
from tracekit.text import fit, line, visible, width
from tracekit.units import count, duration, money, plural

Row = Mapping[str, Any]

_NAME = 60
_PREVIEW = 120
_ERROR = 480


@dataclass(slots=True, frozen=True)
class Branch:
    """A span in its place: the lines drawn before its name and before what follows beneath it."""

    span: Row
    lead: str
    below: str


@dataclass(slots=True, frozen=True)
class Line:
    """A line of the tree, in parts, each with what it is: lead, name, fact, text, or the mark of a state."""

    parts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """The line as text."""
        return "".join(text for text, _ in self.parts)

    def shown(self, columns: int) -> list[Line]:
        """The line as a terminal of that width shows it: cut, but an error's message on as many lines as it needs."""
        lead, *rest = self.parts
        room = columns - width(lead[0])
        if [role for _, role in rest] != ["error"] or room < _NAME // 2 or width(rest[0][0]) <= room:
            return [self.fitted(columns)]
        pieces = textwrap.wrap(rest[0][0], room, subsequent_indent=" " * 6, drop_whitespace=True)
        return [Line((lead, (piece, "error"))).fitted(columns) for piece in pieces]

    def fitted(self, columns: int) -> Line:
        """The line in at most that many columns."""
        room, parts = columns, list[tuple[str, str]]()
        for text, role in self.parts:
            if width(text) > room:
                return Line((*parts, (fit(text, room), role))) if room > 0 else Line(tuple(parts))
            parts.append((text, role))
            room -= width(text)
        return self


def heading(trace: Row) -> list[str]:
    """The trace in two lines: what it is, and its sums."""
    facts = [
        state.of_trace(trace).word,
        duration(trace["duration_ms"]).text,
        plural(trace["span_count"], "span"),
        f"{count(trace['input_tokens']).text} in, {count(trace['output_tokens']).text} out",
        money(trace["cost_usd"]).text,
        *(f"{name} {trace[key]}" for name, key in (("session", "session_id"), ("user", "user_id")) if trace[key]),
    ]
    if trace["error_count"]:
        facts.insert(1, f"{trace['error_count']} failed")
    if trace["missing_spans"]:
        facts.append(f"{plural(trace['missing_spans'], 'span')} missing")
    if trace["gaps"]:
        facts.append(f"{plural(sum(gap['count'] for gap in trace['gaps']), 'record')} of its processes never came")
    where = "/".join(str(part) for part in (trace["project"], trace["service"]) if part)
    return [
        line(f"{trace['trace_id']} {trace['name']}" + (f" ({where})" if where else ""), 2 * _NAME),
        line(" · ".join(facts), 4 * _NAME),
    ]


def lines(spans: Sequence[Row], previews: Mapping[str, Row], *, full: bool = False) -> Iterator[Line]:
    """The spans as a tree, each with what is known of it.

    Args:
        spans: ordered by start time.
        previews: `input`, `output` and `status_message` by span id.
        full: texts whole, on as many lines as they have.
    """
    branches = list(arrange(spans))
    heads = [f"{branch.span['kind']}  {line(str(branch.span['name']), _NAME)}" for branch in branches]
    wide = max((width(branch.lead + head) for branch, head in zip(branches, heads, strict=True)), default=0)
    for branch, head in zip(branches, heads, strict=True):
        span = branch.span
        said = previews.get(str(span["span_id"]), {})
        padding = " " * (wide - width(branch.lead + head))
        stands = state.of_span(span)
        yield Line(
            (
                (branch.lead, "lead"),
                (head, "name"),
                (f"{padding}  {duration(span['duration_ms']).text:>9}  ", "fact"),
                (stands.word, stands.mark),
                ("".join(f"  {fact}" for fact in _facts(span)), "fact"),
            )
        )
        for text in _texts(_why(span, said), full=full, limit=_ERROR):
            yield Line(((branch.below, "lead"), (f"  err {text}", "error")))
        for label, key in (("in ", "input"), ("out", "output")):
            for text in _texts(said.get(key), full=full):
                yield Line(((branch.below, "lead"), (f"  {label} {text}", "text")))


def arrange(spans: Sequence[Row]) -> Iterator[Branch]:
    """Every span once, parents before children; one whose parent is not there stands at the root."""
    known = {span["span_id"] for span in spans}
    children: dict[Any, list[Row]] = defaultdict(list)
    for span in spans:
        children[span["parent_span_id"] if span["parent_span_id"] in known else None].append(span)
    done: set[Any] = set()
    yield from _walk(children[None], children, done)
    # Spans that are each other's parents hang on no root.
    yield from _walk([span for span in spans if span["span_id"] not in done], children, done)


def _walk(roots: Sequence[Row], children: Mapping[Any, Sequence[Row]], done: set[Any]) -> Iterator[Branch]:
    stack: list[tuple[Row, str, str]] = [(span, "", "") for span in reversed(roots)]
    while stack:
        span, lead, below = stack.pop()
        if span["span_id"] in done:
            continue
        done.add(span["span_id"])
        beneath = children.get(span["span_id"], ())
        yield Branch(span, lead, below + ("│ " if beneath else "  "))
        last = len(beneath) - 1
        stack += [
            (child, below + ("└─ " if index == last else "├─ "), below + ("   " if index == last else "│  "))
            for index, child in reversed(list(enumerate(beneath)))
        ]


def _facts(span: Row) -> list[str]:
    facts: list[str] = []
    if span["input_tokens"] is not None or span["output_tokens"] is not None:
        facts.append(f"{count(span['input_tokens']).text} in, {count(span['output_tokens']).text} out")
    if span["cost_usd"] is not None:
        facts.append(money(span["cost_usd"]).text)
    if span["ttft_ms"] is not None:
        facts.append(f"first chunk {duration(span['ttft_ms']).text}")
    if span["model"]:
        facts.append(line(str(span["model"]), _NAME))
    return facts


def _why(span: Row, said: Row) -> str | None:
    """What failed, in the words of the error."""
    if span["status"] != "error":
        return None
    return ": ".join(str(part) for part in (span["error_type"], said.get("status_message")) if part)


def _texts(value: Any, *, full: bool, limit: int = _PREVIEW) -> list[str]:
    if value is None or value == "":
        return []
    if full:
        return [visible(text.expandtabs()) for text in str(value).split("\n")]
    return [line(str(value), limit)]
