"""How many traces there are of each status, model, project, tool, user and tag, of those that filters let through."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tracekit.query.conditions import Condition, where
from tracekit.query.filters import Filters
from tracekit.query.searching import Searchable, narrow
from tracekit.store.sqlfiles import statement

FACETS = ("status", "model", "project", "tool", "user", "tag")
COUNTED = 1 << 14
"""Spans that hold the words asked for of which the traces are counted, about; a frequent word is in nearly all."""
_FOLDER = Path(__file__).parent / "sql"


@dataclass(slots=True, frozen=True, kw_only=True)
class Facet:
    """A field and its values.

    Attributes:
        name: a field of `tracekit.query.asked`.
        values: the ten most frequent values at most, each with the traces that have it.
        others: how many further values there are.
    """

    name: str
    values: list[tuple[str, int]]
    others: int


@dataclass(slots=True, frozen=True, kw_only=True)
class Facets:
    """The facets in which anything is counted; `notice` says of what they are, where not of all that fits."""

    facets: list[Facet]
    notice: str | None = None


def facets(source: Searchable, filters: Filters) -> Facets:
    """The facets in which anything is counted. For each one all filters hold but its own choice."""
    own_of: dict[str, list[Condition]] = {name: [] for name in FACETS}
    always: list[Condition] = []
    for each in filters.every():
        (always if each.negated else own_of.get(each.field, always)).append(each)
    narrowed = narrow(source, filters, whole=True, conditions=always, most=COUNTED)
    query, bound = narrowed.where.into(statement(_FOLDER, "facets"))
    for name in FACETS:
        own = where(own_of[name])
        renamed = {f"{name}_{key}": value for key, value in own.bound.items()}
        query = query.replace(f"/* {name} */ true", own.sql.replace("$", f"${name}_") if own.bound else own.sql)
        bound |= renamed
    rows = source.sql(query, bound).rows
    found = {name: list(members) for name, members in groupby(rows, key=lambda row: row[0])}
    counted = [
        Facet(
            name=name,
            values=[(str(value), int(traces)) for _, value, traces, _ in found[name]],
            others=found[name][0][3] - len(found[name]),
        )
        for name in FACETS
        if name in found
    ]
    return Facets(facets=counted, notice=narrowed.notice)
