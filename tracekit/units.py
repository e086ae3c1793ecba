"""How a quantity reads: one notation for time, counts, money and size on every page.

Owns the wording and its exact twin (a title for whoever wants every digit). Refuses to guess: None is an en
dash, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNKNOWN = "\u2013"

_MS_PER_SECOND = 1_000
_MINUTE = 60
_HOUR = 3_600
_DAY = 86_400
_WEEK = 7 * _DAY


@dataclass(slots=True, frozen=True)
class Quantity:
    """A quantity as read (`text`) and as it is (`exact`)."""

    text: str
    exact: str

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return self.text != UNKNOWN


def unknown(what: str) -> Quantity:
    """What stands where no value is known."""
    return Quantity(UNKNOWN, f"{what} unknown")


def duration(ms: float | None, what: str = "duration") -> Quantity:
    """Milliseconds as `420 µs`, `312 ms`, `1.24 s`, `12.4 s`, `2 m 05 s`, `1 h 02 m`."""
    if ms is None:
        return unknown(what)
    exact = f"{ms:,.3f} ms"
    seconds = ms / _MS_PER_SECOND
    if ms < 0.9995:  # noqa: PLR2004 - from here on three digits would read as 1,000 µs
        text = f"{ms * 1_000:.0f} µs"
    elif ms < 9.995:  # noqa: PLR2004
        text = f"{ms:.2f} ms"
    elif ms < 999.5:  # noqa: PLR2004
        text = f"{ms:.0f} ms"
    elif seconds < 9.995:  # noqa: PLR2004
        text = f"{seconds:.2f} s"
    elif seconds < 59.95:  # noqa: PLR2004
        text = f"{seconds:.1f} s"
    else:
        text = _clock(round(seconds))
    return Quantity(text, exact)


def _clock(seconds: int) -> str:
    if seconds < _HOUR:
        return f"{seconds // 60} m {seconds % 60:02d} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // 60:02d} m"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR:02d} h"


def count(number: int | None, what: str = "tokens") -> Quantity:
    """A count as `87`, `1.2k`, `34k`, `1.3M`; `what` names it in the exact form."""
    if number is None:
        return unknown(what)
    exact = f"{number:,} {what}"
    for size, suffix in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        scaled = number / size
        if scaled >= 0.9995 and number >= 1_000:  # noqa: PLR2004 - 999,950 reads 1.0M and not 1000k
            return Quantity(f"{scaled:.1f}{suffix}" if scaled < 9.95 else f"{scaled:.0f}{suffix}", exact)  # noqa: PLR2004
    return Quantity(str(number), exact)


def money(usd: float | None) -> Quantity:
    """US dollars with two significant digits below a cent: `$0.0031`, `$0.042`, `$1.24`, `$1,204`."""
    if usd is None:
        return unknown("cost")
    exact = f"US${usd:,.8f}".rstrip("0").rstrip(".")
    if usd == 0:
        return Quantity("$0", exact)
    if usd >= 999.5:  # noqa: PLR2004
        return Quantity(f"${usd:,.0f}", exact)
    if usd >= 0.995:  # noqa: PLR2004
        return Quantity(f"${usd:.2f}", exact)
    digits = 3 if usd >= 0.0995 else _significant(usd)  # noqa: PLR2004
    return Quantity(f"${usd:.{digits}f}", exact)


def _significant(value: float) -> int:
    """Decimal places that show two significant digits of a value below one."""
    exponent = int(f"{value:.1e}".split("e")[1])
    return 1 - exponent


def span_of_time(seconds: int) -> str:
    """A time that somebody has set, in the largest unit that says it whole: `30 days`, `36 hours`, `90 seconds`."""
    for noun, length in (("day", _DAY), ("hour", _HOUR), ("minute", _MINUTE)):
        if seconds >= length and seconds % length == 0:
            return plural(seconds // length, noun)
    return plural(seconds, "second")


def plural(number: int, noun: str) -> str:
    """A count of things, every digit: `1 span`, `1,204 spans`, `2 processes`."""
    ending = "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}{ending}"


def size(number: int) -> Quantity:
    """Bytes as `812 B`, `1.4 kB`, `3.1 MB`, `4.2 GB`."""
    exact = f"{number:,} bytes"
    if number < 1_000:  # noqa: PLR2004
        return Quantity(f"{number} B", exact)
    for unit, scale in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if number >= scale * 0.9995:
            return Quantity(f"{number / scale:.1f} {unit}", exact)
    return Quantity(f"{number} B", exact)


@dataclass(slots=True, frozen=True)
class Moment:
    """A point in time: how long ago, in full, and for machines."""

    text: str
    exact: str
    iso: str


def moment(when: datetime | None, now: datetime) -> Moment | None:
    """A point in time relative to `now`: `just now`, `12 s ago`, `4 m ago`, `3 h ago`, `2 d ago`, a date."""
    if when is None:
        return None
    when = when.astimezone(UTC)
    exact = when.strftime("%Y-%m-%d %H:%M:%S.") + f"{when.microsecond // 1000:03d} UTC"
    return Moment(_ago(now - when, when), exact, when.isoformat())


def _ago(age: timedelta, when: datetime) -> str:
    seconds = age.total_seconds()
    if seconds < -1:
        return when.strftime("%Y-%m-%d %H:%M")
    if seconds < 2:  # noqa: PLR2004
        return "just now"
    for limit, step, unit in (
        (_MINUTE, 1, "s"),
        (_HOUR, _MINUTE, "m"),
        (_DAY, _HOUR, "h"),
        (_WEEK, _DAY, "d"),
    ):
        if seconds < limit:
            return f"{int(seconds // step)} {unit} ago"
    return when.strftime("%Y-%m-%d")
