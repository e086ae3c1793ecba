"""`POST /api/sql`: how other processes of this user query the store that this one holds, by the key of `up.json`.

What the journals hold is folded in first, so that a program that has just ended is already there.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tracekit.errors import QueryError, TracekitError, UsageError
from tracekit.query import wire
from tracekit.query.source import StoreSource
from tracekit.store import Parameters

PATH = "/api/sql"


@dataclass(slots=True, frozen=True, kw_only=True)
class _Question:
    query: str
    parameters: Parameters
    limit: int | None


def api_routes(source: StoreSource, *, key: str) -> list[Route]:
    """The route, answering from `source` whoever knows `key`."""

    def answer(question: _Question) -> bytes:
        source.fold()
        return wire.dump(source.sql(question.query, question.parameters, limit=question.limit))

    async def sql(request: Request) -> Response:
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

    return [Route(PATH, sql, methods=["POST"])]


def _question(data: Any) -> _Question:
    if not isinstance(data, dict):
        raise TypeError(f"a JSON {type(data).__name__}")
    limit = data.get("limit")
    return _Question(
        query=str(data["query"]),
        parameters=wire.unpack(data["parameters"]),
        limit=None if limit is None else int(limit),
    )


def _refusal(status: int, error: TracekitError) -> Response:
    return JSONResponse({"error": type(error).__name__, "message": str(error)}, status)
