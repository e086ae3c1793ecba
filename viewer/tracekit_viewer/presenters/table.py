"""A table of sums as a page shows it: cells that are quantities, words or times, each with where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from tracekit import units
from tracekit.units import Moment, Quantity

_LONG = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One of `text`, which is foreign, `quantity` and `moment`; `note` says what the value leaves out."""

    text: str | None = None
    quantity: Quantity | None = None
    moment: Moment | None = None
    href: str | None = None
    note: str = ""
    excerpts: Sequence[str] = ()
    alarming: bool = False
    code: bool = False

    @property
    def right(self) -> bool:
        """Whether it is aligned as numbers are."""
        return self.quantity is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows whose first cell names them; `foot` is the whole of them.

    `keys` name the rows to a page that is open: what has moved to another place is moved there, with the focus in it.
    """

    label: str
    columns: list[str]
    rows: list[list[Cell]]
    foot: list[Cell] = field(default_factory=list[Cell])
    keys: list[str] = field(default_factory=list[str])
    note: str = ""

    def key(self, place: int) -> str:
        """The name of a row, as a page has it: of a long one, which a program may have made of anything, its digest."""
        key = self.keys[place]
        return key if len(key) <= _LONG else sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

    def right(self, place: int) -> bool:
        """Whether a column holds quantities."""
        return bool(self.rows) and self.rows[0][place].right


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where the rows before and after those of a page are."""

    before: str | None
    after: str | None
    words: str


def pager(*, start: int, size: int, total: int, url: str, noun: str) -> Pager:
    """Links to other rows; `url` is the page's address with its other parameters."""
    sign = "&" if "?" in url else "?"
    last = min(start + size, total)
    return Pager(
        before=f"{url}{sign}from={max(start - size, 0)}" if start > 0 else None,
        after=f"{url}{sign}from={start + size}" if start + size < total else None,
        words=units.plural(total, noun) if total <= size and not start else f"{start + 1:,} to {last:,} of {total:,}",
    )


def excerpt(text: str, limit: int) -> str:
    """The beginning of a text on one line; the page makes what hides in it visible."""
    flat = " ".join(text[: 4 * limit].split())
    return flat if len(flat) <= limit and len(text) <= 4 * limit else flat[:limit] + "\u2026"


def whole(number: int, *, href: str | None = None, alarming: bool = False) -> Cell:
    """A count with every digit."""
    return Cell(quantity=Quantity(f"{number:,}", f"{number:,}"), href=href, alarming=alarming)


def tokens(number: int | None) -> Cell:
    """Tokens."""
    return Cell(quantity=units.count(number))


def took(ms: float | None) -> Cell:
    """A duration."""
    return Cell(quantity=units.duration(ms))


def cost(usd: float | None, unpriced: int = 0) -> Cell:
    """A sum of money, with how many calls it lacks."""
    return Cell(quantity=units.money(usd), note=lacking(unpriced))


def lacking(unpriced: int) -> str:
    """What a sum of money lacks: calls of unknown price are no calls for nothing."""
    return f"+ {units.plural(unpriced, 'call')} of unknown price" if unpriced else ""


def share(part: int, total: int, *, what: str, href: str | None = None) -> Cell:
    """A part of a whole, in percent; nothing of nothing is unknown."""
    if not total:
        return Cell(quantity=units.unknown(what))
    percent = 100 * part / total
    text = f"{percent:.0f}%" if not part or percent >= 9.95 else f"{percent:.1f}%"  # noqa: PLR2004 - two digits
    text = "<0.1%" if part and text == "0.0%" else text
    return Cell(
        quantity=Quantity(text, f"{part:,} of {total:,}, {what}"), href=href if part else None, alarming=part > 0
    )


def seen(when: datetime | None, now: datetime, *, href: str | None = None) -> Cell:
    """A time."""
    return Cell(moment=units.moment(when, now), href=href)
