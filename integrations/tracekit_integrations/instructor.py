"""Instructor: a step for each object that a program asks for, with the calls of its attempts beneath.

Calls are seen where instructor begins to try, which its clients and `instructor.patch` go through. What a client is
asked, and what that cost, is recorded by the client's own integration.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit.sdk.asides import tells_error
from tracekit.sdk.integration import Hook, Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit_integrations._values import get, items, plain

_ASKED = ("messages", "contents", "chat_history")
"""What clients call the messages that they are given."""


def _request(call: Call) -> Invocation | None:
    """Who asks for no model of his own gets what the client gives, and nothing is added to that."""
    wanted = call.kwargs.get("response_model")
    if wanted is None:
        return None
    made = Invocation(name=f"instructor.create {getattr(wanted, '__name__', wanted)}")
    asked = next((given for name in _ASKED if (given := get(call.kwargs.get("kwargs"), name))), None)
    if asked is not None:
        made.content[semconv.INPUT] = plain(asked)
    return made


def _response(reply: Any) -> Response:
    """The object, or the list of them. Of one that is still to be streamed there is nothing yet."""
    streams = hasattr(reply, "__next__") or hasattr(reply, "__anext__")
    return Response() if streams else Response(content={semconv.OUTPUT: _object(reply)})


def _object(reply: Any) -> Any:
    return [_object(each) for each in items(reply)] if items(reply) else plain(reply)


_CREATE = Method(request=_request, response=_response, nests=True)
_PLACES = {
    "instructor.core.patch:retry_sync": False,
    "instructor.core.patch:retry_async": True,
    "instructor.v2.core.patch:retry_sync_v2": False,
    "instructor.v2.core.patch:retry_async_v2": True,
}
"""Where it begins to try, by version; whether that is awaited."""
_HOOKS = ("instructor.core.hooks", "instructor.v2.core.hooks")
"""Where what the program listens to is told of answers that are not what was asked for."""
_tells = tells_error(0)


def _target(place: str, *, is_async: bool) -> Target:
    module, _, name = place.partition(":")
    return Target(module=module, attribute=name, method=_CREATE, is_async=is_async, everywhere=False)


integration = Integration(
    name="instructor",
    package="instructor",
    distribution="instructor",
    versions=">=1.11,<2",
    tested=("1.13.0", "1.17.0"),
    targets=tuple(_target(place, is_async=is_async) for place, is_async in _PLACES.items()),
    hooks=tuple(
        Hook(module=module, attribute="Hooks.emit_parse_error", wrapper=_tells, everywhere=False) for module in _HOOKS
    ),
)

InstructorInstrumentor = instrumentor(integration)
