"""Bedrock's flows: documents go in at nodes, and come out at nodes."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations._bedrock_request import invocation, parameters_of, put
from tracekit_integrations._values import get, items, plain, text


def request(call: Call) -> Invocation:
    """A call of InvokeFlow."""
    parameters = parameters_of(call)
    name = text(parameters.get("flowIdentifier"))
    made = invocation(call, semconv.INVOKE_WORKFLOW, name=name)
    put(made.attributes, WORKFLOW_NAME=name, CONVERSATION_ID=text(parameters.get("executionId")))
    made.content[semconv.INPUT] = _documents(items(parameters.get("inputs")))
    return made


def _documents(held: Any) -> Any:
    """What the one node says, or all of them."""
    said = [plain(get(get(each, "content"), "document")) for each in held]
    return said[0] if len(said) == 1 else said or None


class Accumulator:
    """What has come out of a flow so far."""

    def __init__(self) -> None:
        self._outputs: list[Any] = []

    def add(self, event: Any, /) -> None:
        """Take one event."""
        said = get(event, "flowOutputEvent") or get(event, "flowMultiTurnInputRequestEvent")
        if said is not None:
            self._outputs.append(said)

    def response(self) -> Response:
        """The outputs."""
        return Response(content={semconv.OUTPUT: _documents(self._outputs)})


def ended(event: Any) -> bool:
    """Whether an event says that the flow is over."""
    return get(event, "flowCompletionEvent") is not None
