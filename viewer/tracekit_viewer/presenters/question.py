"""What an address asks of the trace list: one text, an order, a size; and addresses that ask something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tracekit.query import asked
from tracekit.query.traces import NEWEST
from tracekit_viewer.presenters.address import address
from tracekit_viewer.presenters.columns import canonical

ATTRIBUTE = "attribute."
"""Before the key of an attribute in a URL, as in `/traces?attribute.gen_ai.operation.name=chat`; no value: any."""
FIELDS = {
    "status": "status",
    "project": "project",
    "model": "model",
    "session_id": "session",
    "user_id": "user",
    "name": "name",
    "since": "since",
    "until": "until",
}
"""Parameters that say what a field of the text says as well."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Question:
    """What is asked: `text` as the search box shows it, and what it does not say."""

    text: str = ""
    sort: str = NEWEST
    limit: str = ""
    cursor: str = ""
    columns: str = ""

    @property
    def asks(self) -> dict[str, str]:
        """The parameters that ask this, from its beginning."""
        sort = "" if self.sort == NEWEST else self.sort
        given = {"q": self.text, "sort": sort, "columns": self.columns, "limit": self.limit}
        return {name: value for name, value in given.items() if value}

    def url(self, cursor: str = "") -> str:
        """The address that asks this, from its beginning or from another place."""
        return address("/traces", {**self.asks, "cursor": cursor} if cursor else self.asks, safe=",")

    def elsewhere(self, path: str, **more: str) -> str:
        """The address of another page that asks for these traces, in this order."""
        given = {name: value for name, value in self.asks.items() if name in {"q", "sort"}} | more
        return address(path, given)

    def narrowed(self, key: str, value: str | None) -> Question:
        """With this condition in place of those on the same field; None takes them off."""
        return replace(self, text=asked.put(self.text, key, value))

    def between(self, since: str | None, until: str | None = None) -> Question:
        """Of another time."""
        return self.narrowed("since", since).narrowed("until", until)


def question_of(query: Mapping[str, str]) -> Question:
    """The question that the parameters of an address ask: `q`, and those that say the same one by one."""
    parts = [query.get("q", "").strip(), asked.words_of(query.get("text", ""))]
    parts += [asked.said(field, query[name]) for name, field in FIELDS.items() if query.get(name)]
    for name, value in query.items():
        if name.startswith(ATTRIBUTE):
            key = name.removeprefix(ATTRIBUTE)
            parts.append(asked.said("attribute", f"{key}={value}" if value else key))
    return Question(
        text=" ".join(filter(None, parts)),
        sort=query.get("sort") or NEWEST,
        limit=query.get("limit", ""),
        cursor=query.get("cursor", ""),
        columns=canonical([query.get("columns", "")]),
    )
