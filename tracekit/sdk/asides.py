"""What a client says of an open call on the side: to its own listeners, or to its own bookkeeping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry import context as otel

from tracekit.model import Response
from tracekit.sdk import guard
from tracekit.sdk.context import RECORDING
from tracekit.sdk.integration import Wrapper
from tracekit.sdk.recording import LiveRecording


def tells(describe: Callable[..., Response]) -> Wrapper:
    """The wrapper of a function whose arguments tell of the reply what the caller does not get to see.

    Args:
        describe: what they tell. What the reply says itself goes before it.
    """
    return _shown(lambda recording, args, kwargs: recording.told(describe(*args, **kwargs)))


def tells_error(position: int) -> Wrapper:
    """The wrapper of a function that is given, at this position, an error which the client got over: it tries again."""
    return _shown(lambda recording, args, _kwargs: recording.got_over(args[position]))


def _shown(show: Callable[[LiveRecording, tuple[Any, ...], dict[str, Any]], None]) -> Wrapper:
    def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        recording = otel.get_value(RECORDING)
        if isinstance(recording, LiveRecording):
            guard.call("aside", show, recording, args, kwargs)
        return wrapped(*args, **kwargs)

    return hook
