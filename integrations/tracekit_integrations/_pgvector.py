"""Searches by pgvector among the statements that go to PostgreSQL, whichever client sends them. All others pass by.

A search is a SELECT with one of pgvector's operators or functions of distance. Of its parameters only the vector's
length is recorded, or the vector where it is short.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations import _retrieval as retrieval
from tracekit_integrations._values import count, items, text

MOST = 1000
"""Of a search that finds more rows, so many are recorded, and the others counted."""
_MARKS = ("<->", "<=>", "<#>", "<+>", "<~>", "<%", "_distance", "inner_product")
"""One of these stands in every search; most other statements have none, and cost no more than this look."""
_OWN = re.compile(
    r"<(?:#|=|\+|~|%%?)>|\b(?:l1|l2|cosine|hamming|jaccard)_distance\s*\(|\b(?:negative_)?inner_product\s*\("
)
_SHARED = "<->"
"""Points, shapes and words have this operator too: what it compares has to look like vectors."""
_VECTORS = re.compile(r"(?<!ts)vec|embed", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_READS = re.compile(r"[\s(]*(?:select|with)\b", re.IGNORECASE)
_NUMBERS = re.compile(r"\[\s*[-+\d.][-+\d.eE,\s]*\]")
_FROM = re.compile(r"\bfrom\s+(?:only\s+)?([\w.\"]+)", re.IGNORECASE)
_LIMIT = re.compile(r"\blimit\s+(?:(\d+)|\$(\d+)|%\((\w+)\)s|(%s))", re.IGNORECASE)
_DISTANCES = ("distance", "score", "similarity", "relevance", "?column?")
"""The names of columns that hold a score; the last is PostgreSQL's for one without a name."""


def search(statement: str, given: Any) -> Invocation | None:
    """A statement that is a search; None for all others, at once.

    Args:
        statement: SQL.
        given: its parameters, by place or by name.
    """
    if not any(map(statement.__contains__, _MARKS)):
        return None
    bare = _QUOTED.sub("''", statement)
    if not _READS.match(bare.lstrip("' \n\t")):
        return None
    vector = _vector(statement, given)
    if not _OWN.search(bare) and not (_SHARED in bare and (vector is not None or _VECTORS.search(bare))):
        return None
    table = _FROM.search(bare)
    made = retrieval.invocation(
        "postgresql",
        table.group(1).replace('"', "") if table else None,
        query=vector,
        top_k=_limit(bare, given),
    )
    made.content[semconv.DB_QUERY] = _NUMBERS.sub(_shortened, statement)
    return made


def executed(call: Call) -> Invocation | None:
    """The `request` of a cursor's `execute`: SQL, or parts that are composed to it, and parameters."""
    statement, *more = (*call.args, *(call.kwargs[name] for name in ("query", "params", "vars") if name in call.kwargs))
    if isinstance(statement, bytes):
        statement = statement.decode()
    elif hasattr(statement, "as_string"):
        statement = statement.as_string(call.instance)
    made = search(statement, more[0] if more else None) if isinstance(statement, str) else None
    if made is not None:
        where = call.instance.connection.info
        made.server_address, made.server_port = where.host, where.port
    return made


def found(names: Sequence[str], rows: Iterable[Sequence[Any]], total: int) -> Response:
    """The rows as documents.

    Args:
        names: of the columns.
        rows: the first `MOST` of them, at most.
        total: how many rows there are.
    """
    identity = next((name for name in names if name == "id"), None)
    identity = identity or next((name for name in names if name.endswith(("_id", "uuid"))), None)
    scored = next((name for wanted in _DISTANCES for name in names if wanted in name.lower()), None)
    documents = [_document(dict(zip(names, row, strict=False)), identity, scored) for row in rows]
    made = retrieval.response([documents], _measure(scored))
    if total > len(documents):
        made.attributes[semconv.OUTPUT_OMITTED] = total - len(documents)
    return made


def _document(fields: dict[str, Any], identity: str | None, scored: str | None) -> dict[str, Any]:
    score = fields.pop(scored, None) if scored is not None else None
    return retrieval.document(fields.pop(identity, None) if identity is not None else None, score, fields)


def _measure(scored: str | None) -> retrieval.Measure | None:
    """What a column's name tells of it."""
    if scored is None:
        return None
    return "distance" if "dist" in scored.lower() else "similarity" if "simil" in scored.lower() else None


def _vector(statement: str, given: Any) -> Any:
    """The vector that is compared with: the first among the parameters, or the one that stands in the statement."""
    values = given.values() if isinstance(given, Mapping) else items(given)
    vectors = (_read(value) for value in values)
    vector = next((each for each in vectors if each is not None), None)
    literal = _NUMBERS.search(statement) if vector is None else None
    return vector if literal is None else _read(literal.group())


def _read(value: Any) -> Any:
    """A vector, also where it is spelled as pgvector does; None for what is none."""
    if text(value) is not None:
        return [float(each) for each in value[1:-1].split(",")] if _NUMBERS.fullmatch(value) else None
    return None if retrieval.dimensions(value) is None else value


def _shortened(vector: re.Match[str]) -> str:
    length = vector.group().count(",") + 1
    return vector.group() if length <= retrieval.SHORT else f"[{length} dimensions]"


def _limit(statement: str, given: Any) -> int | None:
    """How many rows are wanted: the last limit, in figures or as a parameter."""
    limits = list(_LIMIT.finditer(statement))
    if not limits:
        return None
    figure, place, name, marked = limits[-1].groups()
    if figure is not None:
        return int(figure)
    if isinstance(given, Mapping):
        return count(given.get(name))
    index = statement[: limits[-1].start()].count("%s") if marked is not None else int(place or 0) - 1
    return count(given[index]) if 0 <= index < len(items(given)) else None
