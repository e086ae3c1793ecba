"""psycopg2: searches by pgvector among the statements that cursors execute, which SQLAlchemy's are too.

Its cursors are made in C: connections made while this is in place make a subclass of them where the program asks for no
class of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from tracekit.model import Response
from tracekit.sdk import guard
from tracekit.sdk.integration import Hook, Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _pgvector as pgvector
from tracekit_integrations import _retrieval as retrieval

_OURS = "tracekit_integrations._psycopg2_cursor"
_KNOWN = (_OURS, "psycopg2.extras")
"""Where the cursors come from whose rows may be read twice."""


def _connected(connection: Any) -> None:
    """Have a connection make cursors that can be seen."""
    from tracekit_integrations import _psycopg2_cursor  # noqa: PLC0415 - imports psycopg2, which must be there

    if connection.cursor_factory is None:
        connection.cursor_factory = _psycopg2_cursor.Cursor


def _found(cursor: Any) -> Response:
    """The rows, of which the program will read the first one next, whatever happens here."""
    if cursor.description is None or type(cursor).__module__ not in _KNOWN or cursor.name or cursor.connection.async_:
        return Response()
    names, rows = [column.name for column in cursor.description], ()
    if cursor.rowcount:
        with ExitStack() as back:
            back.callback(cursor.scroll, 0, "absolute")
            rows = cursor.fetchmany(pgvector.MOST)
    read = (row.values() if isinstance(row, Mapping) else row for row in rows)
    return pgvector.found(names, [list(row) for row in read], cursor.rowcount)


_EXECUTE = {"execute": Method(request=pgvector.executed, response=_found, fills=True)}

integration = Integration(
    name="psycopg2",
    package="psycopg2",
    distribution="psycopg2",
    versions=">=2.9,<3",
    targets=(
        *retrieval.targets(_OURS, "Cursor", _EXECUTE),
        *retrieval.targets("psycopg2.extras", "DictCursor", _EXECUTE),
        *retrieval.targets("psycopg2.extras", "RealDictCursor", _EXECUTE),
        *retrieval.targets("psycopg2.extras", "NamedTupleCursor", _EXECUTE),
    ),
    hooks=(Hook(module="psycopg2", attribute="connect", wrapper=guard.showing("psycopg2 connect", _connected)),),
)

Psycopg2Instrumentor = instrumentor(integration)
