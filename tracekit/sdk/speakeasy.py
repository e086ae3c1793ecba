"""Seeing the replies of clients made by the Speakeasy generator (mistralai, the interactions of google-genai).

Their streams, and the replies that a caller parses himself, hold the HTTP response: its body is watched beneath them.
"""

from __future__ import annotations

from typing import Any

from tracekit.sdk import bodies
from tracekit.sdk.bodies import Ended
from tracekit.sdk.integration import Adapt, Recording

_EMPTY: dict[str, Any] = {}


def adapter(ended: Ended) -> Adapt:
    """The `Adapt` of such a client; `ended` says of the last event seen whether the model had finished."""

    def adapt(result: Any, recording: Recording) -> bool:
        state = getattr(result, "__dict__", _EMPTY)
        http = state.get("response", state.get("http_response"))
        if not hasattr(http, "is_stream_consumed"):
            return False
        bodies.watch(http, recording, ended)
        return True

    return adapt
