"""What narrows the list of traces, widens it again, or orders it: links, each in the words of the search box."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tracekit import units
from tracekit.query import asked
from tracekit.query.asked import Piece
from tracekit.query.facets import Facet
from tracekit.query.saved import Kept
from tracekit_viewer.presenters.question import Question, question_of

_LABELS = {"tag": "tags"}
_STATUSES = (("", "All"), ("error", "Errors"), ("running", "Running"), ("interrupted", "Interrupted"))
SORTS = {"newest": "Newest", "slowest": "Slowest", "dearest": "Dearest", "tokens": "Most tokens"}
"""Orders, by what the address calls them."""
_RANGES = (("", "All time"), ("1h", "1 h"), ("24h", "24 h"), ("7d", "7 d"))


@dataclass(slots=True, frozen=True, kw_only=True)
class Chip:
    """A word that narrows the list when it is followed; in force, following it widens the list again.

    `shown` is what stands there: the value, or a shorter form of it.
    """

    label: str
    value: str
    href: str
    shown: str
    active: bool = False


@dataclass(slots=True, frozen=True, kw_only=True)
class FacetView:
    """A field with its most frequent values, those asked for first; `more` counts the values that are not named."""

    name: str
    label: str
    values: list[tuple[Chip, str]]
    more: str


def chip(name: str, value: str, question: Question, *, shown: str = "") -> Chip:
    """A value of a row, that narrows the list to itself."""
    return Chip(
        label=name,
        value=value,
        shown=shown or value,
        href=question.narrowed(name, value).url(),
        active=value in asked.values(question.text, name),
    )


def statuses(question: Question) -> list[Chip]:
    """How a trace may stand."""
    return [_choice(question, "status", value, label) for value, label in _STATUSES]


def sorts(question: Question) -> list[Chip]:
    """The orders."""
    return [
        Chip(
            label=label,
            value=value,
            shown=label,
            href=replace(question, sort=value).url(),
            active=question.sort == value,
        )
        for value, label in SORTS.items()
    ]


def ranges(question: Question) -> list[Chip]:
    """Times from which on traces began."""
    return [_range(question, value, label) for value, label in _RANGES]


def _choice(question: Question, key: str, value: str, label: str) -> Chip:
    """One of the values that a field may have; none of them where it is empty."""
    chosen = asked.values(question.text, key)
    active = value in chosen if value else not chosen
    return Chip(label=label, value=value, shown=label, href=question.narrowed(key, value or None).url(), active=active)


def _range(question: Question, since: str, label: str) -> Chip:
    now = (asked.values(question.text, "since"), asked.values(question.text, "until"))
    href = question.between(since or None).url()
    return Chip(label=label, value=since, shown=label, href=href, active=now == ([since] if since else [], []))


def shortcuts(question: Question) -> list[Chip]:
    """What is asked every day, one click away. What else was asked for is left out."""
    size = replace(question, text="", sort="newest", cursor="")
    chosen = (
        ("Yesterday's slowest", replace(size, text="since:yesterday until:today", sort="slowest")),
        ("Today's dearest", replace(size, text="since:today", sort="dearest")),
        ("Failed tools", replace(size, text="failed:tool")),
        ("Scored", replace(size, text="has:score")),
    )
    here = replace(question, cursor="")
    asking = [
        Chip(
            label=label,
            value=each.text,
            shown=label,
            href="/traces" if each == here else each.url(),
            active=each == here,
        )
        for label, each in chosen
    ]
    return [*asking, Chip(label="Cost by model", value="", shown="Cost by model", href="/models?range=7d")]


def views(kept: Kept, question: Question) -> list[Chip]:
    """What is saved, one click away; a second one takes it off."""
    here = replace(question, cursor="")
    return [
        Chip(
            label=saved.name,
            value=saved.name,
            shown=saved.name,
            href="/traces" if asked == here else asked.url(),
            active=asked == here,
        )
        for saved, asked in ((saved, question_of(saved.asks)) for saved in kept.items)
    ]


def narrowed(question: Question) -> list[Chip]:
    """The filters in force, each with the way out of it."""
    pieces = asked.pieces(question.text)
    return [_removable(question, number, piece) for number, piece in enumerate(pieces) if piece.key is not None]


def _removable(question: Question, number: int, piece: Piece) -> Chip:
    rest = [each.source for place, each in enumerate(asked.pieces(question.text)) if place != number]
    label = f"not {piece.key}" if piece.negated else str(piece.key)
    value = piece.value if piece.op in (":", "=") else f"{piece.op} {piece.value}"
    return Chip(label=label, value=value, shown=value, href=replace(question, text=" ".join(rest)).url(), active=True)


def facet(of: Facet, question: Question) -> FacetView:
    """A field's most frequent values, each a link that narrows by it or, in force, widens again."""
    chosen = asked.values(question.text, of.name)
    chips: list[tuple[Chip, str]] = []
    for value, traces in of.values:
        active = value in chosen
        href = question.narrowed(of.name, None if active else value).url()
        made = Chip(label=of.name, value=value, shown=value, href=href, active=active)
        chips.append((made, units.count(traces, "traces").text))
    more = f"+{of.others:,} more" if of.others else ""
    return FacetView(name=of.name, label=_LABELS.get(of.name, of.name), values=chips, more=more)


def counting(question: Question) -> str:
    """The address of the same page with its facets: they are counted for those who open them, over all that fits."""
    here = question.url(question.cursor)
    return f"{here}{'&' if '?' in here else '?'}facets=1"
