"""Stores of vectors, each with its own client; what the tests of all of them have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tracekit_integrations
from tests.support.provider import Asked, Provider, Reply, answer
from tracekit import semconv
from tracekit.model import RawSpan

HOME = Path(tracekit_integrations.__file__).parent
SHARED = HOME / "_retrieval.py"
VECTOR = [1.0, 0.0, 0.0]
LONG = [0.5] * 16
TEXTS = {"a": "one fish", "b": "two fish"}


def found(span: RawSpan) -> Any:
    """The documents of a search; None where there are none."""
    return span.attributes.get(semconv.RETRIEVAL_DOCUMENTS)


def is_search(span: RawSpan, provider: str, source: str | None, **said: Any) -> bool:
    """Whether a span is a search of this store, and says what is said here: `top_k`, `dimensions`, `wanted`, ..."""
    named = {
        "query": semconv.RETRIEVAL_QUERY,
        "vector": semconv.INPUT,
        "top_k": semconv.REQUEST_TOP_K,
        "dimensions": semconv.EMBEDDINGS_DIMENSION_COUNT,
        "wanted": semconv.RETRIEVAL_FILTER,
        "measure": semconv.RETRIEVAL_SCORE,
        "address": semconv.SERVER_ADDRESS,
        "port": semconv.SERVER_PORT,
        "error": semconv.ERROR_TYPE,
        "sql": semconv.DB_QUERY,
    }
    assert span.name == ("retrieval" if source is None else f"retrieval {source}")
    assert span.kind == 3
    told = {semconv.OPERATION: "retrieval", semconv.PROVIDER: provider, semconv.DATA_SOURCE_ID: source}
    expected = {**told, **{named[name]: value for name, value in said.items()}}
    assert {name: span.attributes.get(name) for name in expected} == expected
    assert json.dumps(LONG)[1:-1] not in json.dumps(span.attributes)
    return True


def seen(call: Callable[[], Any]) -> Any:
    """What a call gives or raises, comparable."""
    try:
        return repr(call())
    except Exception as error:  # noqa: BLE001 - whatever a client raises
        return type(error), str(error)


class Store(Provider):
    """A store's server: always the same answer to `METHOD path`, JSON; 404 for all else."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__()
        self.answers = dict(answers)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def take(self, asked: Asked) -> Reply:
        """The answer to a request."""
        self.asked.append(asked)
        found = self.answers.get(f"{asked.method} {urlsplit(asked.path).path}")
        return (
            answer({"error": "NotFoundError", "message": f"no {asked.path}"}, status=404)
            if found is None
            else answer(found)
        )
