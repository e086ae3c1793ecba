"""tracekit: see, store and test every LLM call of a Python program.

Importing this loads nothing heavy: each public name is fetched when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tracekit._version import __version__

if TYPE_CHECKING:
    from tracekit import testing
    from tracekit.errors import TracekitError
    from tracekit.query import connect, show
    from tracekit.sdk import (
        FlushResult,
        autolog,
        context,
        current_span,
        current_trace_id,
        flush,
        score,
        shutdown,
        span,
        trace,
        uninstrument,
    )

_HOMES = {
    "FlushResult": "tracekit.sdk",
    "TracekitError": "tracekit.errors",
    "autolog": "tracekit.sdk",
    "connect": "tracekit.query",
    "context": "tracekit.sdk",
    "current_span": "tracekit.sdk",
    "current_trace_id": "tracekit.sdk",
    "flush": "tracekit.sdk",
    "score": "tracekit.sdk",
    "show": "tracekit.query",
    "shutdown": "tracekit.sdk",
    "span": "tracekit.sdk",
    "trace": "tracekit.sdk",
    "uninstrument": "tracekit.sdk",
}

__all__ = [
    "FlushResult",
    "TracekitError",
    "__version__",
    "autolog",
    "connect",
    "context",
    "current_span",
    "current_trace_id",
    "flush",
    "score",
    "show",
    "shutdown",
    "span",
    "testing",
    "trace",
    "uninstrument",
]


def __getattr__(name: str) -> Any:
    if name == "testing":
        return importlib.import_module("tracekit.testing")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tracekit' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
