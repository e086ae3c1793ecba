"""asyncpg: searches by pgvector among the queries. SQLAlchemy sends its own as prepared statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Integration, Method
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _pgvector as pgvector
from tracekit_integrations import _retrieval as retrieval


def _request(call: Call) -> Invocation | None:
    """A query of a connection: the statement, and its parameters."""
    statement = call.args[0] if call.args else call.kwargs.get("query")
    return _search(statement, call.args[1:], call.instance) if isinstance(statement, str) else None


def _prepared_request(call: Call) -> Invocation | None:
    """One of a statement that has been prepared: its parameters."""
    return _search(call.instance.get_query(), call.args, call.instance._connection)  # noqa: SLF001


def _search(statement: str, given: Sequence[Any], connection: Any) -> Invocation | None:
    made = pgvector.search(statement, given)
    if made is not None:
        address = connection._addr  # noqa: SLF001 - host and port, or a socket's path
        made.server_address, made.server_port = address if isinstance(address, tuple) else (address, None)
    return made


def _rows(reply: Any) -> Response:
    names = list(reply[0].keys()) if reply else []
    return pgvector.found(names, [list(row.values()) for row in reply[: pgvector.MOST]], len(reply))


def _row(reply: Any) -> Response:
    return _rows([reply])


def _value(reply: Any) -> Response:
    """One field of the first row: what it is called is not told."""
    return retrieval.response([[retrieval.document(None, None, {"value": reply})]])


_READ = {"fetch": _rows, "fetchrow": _row, "fetchval": _value}
_QUERIES = {name: Method(request=_request, response=read) for name, read in _READ.items()}
_PREPARED = {name: Method(request=_prepared_request, response=read) for name, read in _READ.items()}

integration = Integration(
    name="asyncpg",
    package="asyncpg",
    distribution="asyncpg",
    versions=">=0.30,<1",
    tested=("0.32.0",),
    targets=(
        *retrieval.targets("asyncpg.connection", "Connection", _QUERIES, is_async=True),
        *retrieval.targets("asyncpg.prepared_stmt", "PreparedStatement", _PREPARED, is_async=True),
    ),
)

AsyncpgInstrumentor = instrumentor(integration)
