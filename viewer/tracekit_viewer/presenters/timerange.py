"""The time that a page of sums speaks of: links that choose it, its buckets, and the addresses of one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tracekit.errors import UsageError
from tracekit.query.analytics import Window
from tracekit.units import moment
from tracekit_viewer.presenters.address import address

ALL = "all"
DEFAULT = "24h"
BUCKETS = 60
"""At most so many bars stand in a chart, and one more where the time does not begin with one."""

_RANGES = {
    "1h": (timedelta(hours=1), 60),
    "24h": (timedelta(days=1), 1_800),
    "7d": (timedelta(days=7), 3 * 3_600),
    "30d": (timedelta(days=30), 12 * 3_600),
}
_DAY = 86_400
_WIDTHS = (1, 5, 15, 60, 300, 900, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_LABELS = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", ALL: "All"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A time that can be chosen."""

    label: str
    href: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """A chosen time.

    Attributes:
        key: how the address names it; None where that gives `since` and `until` themselves.
        window: what is asked for.
        seconds: the width of a bucket.
        words: the time in words.
        choices: links to other times.
        newest: when the last trace of all began; None of an empty store.
    """

    key: str | None
    window: Window
    seconds: int
    words: str
    choices: list[Choice]
    newest: datetime | None
    path: str
    kept: Mapping[str, str]

    @property
    def query(self) -> dict[str, str]:
        """The parameters that ask for this time."""
        if self.key is not None:
            return {} if self.key == DEFAULT else {"range": self.key}
        return {"since": self.window.since.isoformat(), "until": self.window.until.isoformat()}

    def url(self, path: str, **more: str) -> str:
        """The address of another page, or of this one otherwise, at the same time."""
        return address(path, {**self.query, **more})

    def buckets(self) -> list[int]:
        """When each bucket begins, in seconds since 1970."""
        first = math.floor(self.window.since.timestamp() / self.seconds)
        last = math.ceil(self.window.until.timestamp() / self.seconds)
        return [number * self.seconds for number in range(first, max(last, first + 1))]

    def traces(self, start: int | None = None, **more: str) -> str:
        """The list of the traces of one bucket, or of all this time."""
        window = self.window if start is None else self._bucket(start)
        return address("/traces", {"since": window.since.isoformat(), "until": window.until.isoformat(), **more})

    def _bucket(self, start: int) -> Window:
        """A bucket, as far as it is within this time."""
        began = datetime.fromtimestamp(start, UTC)
        return Window(
            since=max(began, self.window.since),
            until=min(began + timedelta(seconds=self.seconds), self.window.until),
        )


def chosen(
    query: Mapping[str, str],
    *,
    path: str,
    bounds: tuple[datetime, datetime] | None,
    now: datetime,
    keep: tuple[str, ...] = (),
) -> TimeRange:
    """The time that an address asks for; the last 24 hours where it does not say.

    Args:
        query: its parameters: `range`, or `since` and `until`.
        path: the page, which the choices lead to.
        bounds: when the first and the last trace began.
        now: where the last hours end.
        keep: parameters that the choices keep.

    Raises:
        UsageError: it is no time.
    """
    kept = {name: query[name] for name in keep if query.get(name)}
    given = query.get("range") or (None if query.get("since") or query.get("until") else DEFAULT)
    until = now.replace(microsecond=0) + timedelta(seconds=1)  # what begins this very second is within
    if given is None:
        window = Window(since=_time(query, "since", _first(bounds, until)), until=_time(query, "until", until))
        if window.since >= window.until:
            raise UsageError(f"since={query.get('since')!r} is not before until={window.until.isoformat()!r}.")
        seconds = _width(window)
    elif given == ALL:
        window = Window(since=_first(bounds, until), until=until)
        seconds = _width(window)
    elif given in _RANGES:
        length, seconds = _RANGES[given]
        window = Window(since=until - length, until=until)
    else:
        raise UsageError(f"range={given!r} is none of {', '.join([*_RANGES, ALL])}.")
    choices = [
        Choice(
            label=_LABELS[key],
            href=address(path, {**kept, **({} if key == DEFAULT else {"range": key})}),
            active=key == given,
        )
        for key in (*_RANGES, ALL)
    ]
    return TimeRange(
        key=given,
        window=window,
        seconds=seconds,
        words=_words(given, window),
        choices=choices,
        newest=bounds[1] if bounds else None,
        path=path,
        kept=kept,
    )


def _first(bounds: tuple[datetime, datetime] | None, until: datetime) -> datetime:
    if bounds is None or bounds[0] >= until:
        return until - timedelta(hours=1)
    return bounds[0].astimezone(UTC)


def _time(query: Mapping[str, str], name: str, default: datetime) -> datetime:
    text = query.get(name)
    if not text:
        return default
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{name}={text!r:.80} is no time; write it as 2026-11-23T09:30:00+00:00.") from error


def _width(window: Window) -> int:
    """The narrowest bucket of which `BUCKETS` are enough."""
    seconds = (window.until - window.since).total_seconds()
    fitting = next((width for width in _WIDTHS if seconds <= width * BUCKETS), None)
    return fitting or math.ceil(seconds / BUCKETS / _DAY) * _DAY


def _words(given: str | None, window: Window) -> str:
    match given:
        case None:
            since, until = (moment(when, when) for when in (window.since, window.until))
            return f"{since.exact[:19]} to {until.exact[:19]} UTC" if since and until else ""
        case "all":
            return "all time"
        case _:
            return f"the last {_LABELS[given]}" if given != "1h" else "the last hour"
