"""psycopg 3: searches by pgvector among the statements that cursors execute, which SQLAlchemy's are too."""

from __future__ import annotations

from typing import Any

from tracekit.model import Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _pgvector as pgvector
from tracekit_integrations import _retrieval as retrieval


def _found(cursor: Any) -> Response:
    """The rows, as the program will get them but for its own row factory; the cursor stays where it is."""
    result = cursor.pgresult
    if result is None or cursor.description is None:  # in a pipeline it has not come yet
        return Response()
    rows = cursor._tx.load_rows(0, min(result.ntuples, pgvector.MOST), tuple)  # noqa: SLF001
    return pgvector.found([column.name for column in cursor.description], rows, result.ntuples)


def _fetched(_cursor: Any) -> Response:
    """Of a cursor on the server: the program fetches the rows by and by."""
    return Response()


_EXECUTE = {"execute": Method(request=pgvector.executed, response=_found)}
_DECLARE = {"execute": Method(request=pgvector.executed, response=_fetched)}

integration = Integration(
    name="psycopg",
    package="psycopg",
    distribution="psycopg",
    versions=">=3.2,<4",
    tested=("3.3.9",),
    targets=(
        *retrieval.targets("psycopg.cursor", "Cursor", _EXECUTE),
        *retrieval.targets("psycopg.cursor_async", "AsyncCursor", _EXECUTE, is_async=True),
        *retrieval.targets("psycopg._server_cursor", "ServerCursor", _DECLARE),
        *retrieval.targets("psycopg._server_cursor_async", "AsyncServerCursor", _DECLARE, is_async=True),
    ),
)

PsycopgInstrumentor = instrumentor(integration)
