"""What the store needs beyond the base install, and the line that installs it."""

from __future__ import annotations

import importlib.util

from tracekit.errors import UsageError

_GRPC = "grpc"
_SERVER = ("duckdb", "pyarrow", "starlette", "uvicorn", "jinja2", "genai_prices", "rich", "google.protobuf")


def require_server() -> None:
    """Say which packages of the `server` extra are missing, if any are.

    Raises:
        UsageError: some are.
    """
    missing = [name for name in _SERVER if not _installed(name)]
    if missing:
        raise UsageError(
            f"the store and the viewer need packages that are not installed ({', '.join(missing)}). "
            'Run: pip install "tracekit-llm[server]"'
        )


def has_grpc() -> bool:
    """Whether the package of the `grpc` extra is installed."""
    return _installed(_GRPC)


def require_grpc() -> None:
    """Say so if the package of the `grpc` extra is missing.

    Raises:
        UsageError: it is.
    """
    if not has_grpc():
        raise UsageError(
            'OTLP/gRPC needs a package that is not installed (grpcio). Run: pip install "tracekit-llm[server,grpc]"'
        )


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False
