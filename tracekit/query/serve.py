"""`POST /api/...`: how other processes of this user use the store that this one holds, by the key of `up.json`.

What the journals hold is folded in before the first query of whoever asks, and before traces are forgotten, so that a
program that has just ended is already there; queries that follow do not wait for what comes in meanwhile.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tracekit.errors import QueryError, TracekitError, UsageError
from tracekit.query import wire
from tracekit.query.source import StoreSource
from tracekit.store import Position, Retention

SQL_PATH = "/api/sql"
REINDEX_PATH = "/api/reindex"
COMPACT_PATH = "/api/compact"
INDEX_PATH = "/api/index"

_Answer = Callable[[Mapping[str, Any]], bytes]


def api_routes(source: StoreSource, *, key: str) -> list[Route]:
    """The routes, answering from `source` whoever knows `key`."""

    def sql(question: Mapping[str, Any]) -> bytes:
        limit = question.get("limit")
        query, parameters = str(question["query"]), wire.unpack(question["parameters"])
        if question.get("fold", True):
            source.fold()
        return wire.dump(source.sql(query, parameters, limit=None if limit is None else int(limit)))

    def reindex(question: Mapping[str, Any]) -> bytes:
        return wire.dump_rederived(source.reindex(Position(**question["after"]), dialect=question["dialect"]))

    def compact(question: Mapping[str, Any]) -> bytes:
        source.fold()
        forgotten, compacted = source.compact(Retention(**question))
        return json.dumps({"forgotten": asdict(forgotten), "compacted": asdict(compacted)}).encode()

    def index(_: Mapping[str, Any]) -> bytes:
        return json.dumps({"spans": source.rebuild_index()}).encode()

    table = {SQL_PATH: sql, REINDEX_PATH: reindex, COMPACT_PATH: compact, INDEX_PATH: index}
    return [_route(path, answer, key=key) for path, answer in table.items()]


def _route(path: str, answer: _Answer, *, key: str) -> Route:
    async def serve(request: Request) -> Response:
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(word.encode(), key.encode()):
            return _refusal(401, UsageError("the key of up.json is missing or wrong."))
        try:
            content = await run_in_threadpool(answer, _question(await request.json()))
        except (QueryError, UsageError) as error:
            return _refusal(400, error)
        except TracekitError as error:
            return _refusal(503, error)
        except (ValueError, TypeError, KeyError) as error:
            return _refusal(400, UsageError(f"the body is no question: {error!r}"))
        return Response(content, media_type="application/json")

    return Route(path, serve, methods=["POST"])


def _question(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise TypeError(f"a JSON {type(data).__name__}")
    return data


def _refusal(status: int, error: TracekitError) -> Response:
    return JSONResponse({"error": type(error).__name__, "message": str(error)}, status)
