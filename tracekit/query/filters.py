"""Which traces: the one description that every list, export and live view takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tracekit.query.conditions import Condition


@dataclass(slots=True, frozen=True, kw_only=True)
class Filters:
    """Which traces: those for which everything given holds.

    Attributes:
        status: the word of `tracekit.state` for it: "ok" (whole, and nothing failed), "error", "running",
            "interrupted" or "incomplete". The column `status` says what the spans themselves have set.
        project: its exact name.
        model: one that the trace called, by its name, with or without the date of its snapshot.
        session_id: the session it belongs to.
        user_id: the user it belongs to.
        name: text that its name contains, in any case.
        text: words that one of its spans holds, all of them: see `docs/search.md`; or its whole id.
        attributes: attributes that one of its spans has, and the same span `text`: a key, and the value, which is text
            or JSON; None for any value.
        since: earliest start, included; a time without a zone is UTC.
        until: latest start, excluded; a time without a zone is UTC.
        conditions: what else holds, each of the trace on its own; `tracekit.query.asked.parse` makes them.
    """

    status: str | None = None
    project: str | None = None
    model: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    name: str | None = None
    text: str | None = None
    attributes: tuple[tuple[str, str | None], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def searches(self) -> bool:
        """Whether the index of words is asked."""
        return self.text is not None or bool(self.attributes) or any(each.is_searched for each in self.conditions)

    def every(self) -> tuple[Condition, ...]:
        """All that is said of the trace's own row, as conditions; those that the index answers are left out."""
        given = {
            "status": self.status,
            "project": self.project,
            "model": self.model,
            "session": self.session_id,
            "user": self.user_id,
            "name": self.name,
        }
        own = tuple(Condition(field=field, value=value) for field, value in given.items() if value is not None)
        return own + tuple(each for each in self.conditions if not each.is_searched)

    def both(self, other: Filters) -> Filters:
        """What these and the others let through; where both say something of one field, both hold."""
        since = [time for time in (self.since, other.since) if time is not None]
        until = [time for time in (self.until, other.until) if time is not None]
        return replace(
            Filters(conditions=self._as_conditions() + other._as_conditions()),
            text=" ".join(text for text in (self.text, other.text) if text) or None,
            attributes=self.attributes + other.attributes,
            since=max(since, default=None),
            until=min(until, default=None),
        )

    def _as_conditions(self) -> tuple[Condition, ...]:
        return self.every() + tuple(each for each in self.conditions if each.is_searched)
