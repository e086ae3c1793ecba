"""The SDK of the Model Context Protocol, client and server, versions 1 and 2: requests at either end.

A request carries the trace context in its `_meta`, as the protocol's conventions want it, so that what a server does in
another process stands beneath the call that asked for it. Version 2 traces itself: its spans give way to ours.
"""

from __future__ import annotations

from tracekit.sdk.installed import replied
from tracekit.sdk.integration import Hook, Integration, Method, Target
from tracekit.sdk.native import gives_way_within
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _mcp_calls as calls
from tracekit_integrations import _mcp_models as models
from tracekit_integrations._mcp_messages import response

_METHODS = {
    "mcp.shared.session:BaseSession.send_request": Method(
        request=models.sent, response=response, carry=models.carry, nests=True, measured=False
    ),
    "mcp.server.lowlevel.server:Server._handle_request": Method(
        request=models.handled, response=models.answered, carrier=models.carrier, nests=True, measured=False
    ),
    "mcp.client.session:ClientSession._received_request": Method(
        request=models.handled, response=models.answered, carrier=models.carrier, nests=True, measured=False
    ),
    **dict.fromkeys(
        (
            "mcp.shared.jsonrpc_dispatcher:JSONRPCDispatcher.send_raw_request",
            "mcp.shared.direct_dispatcher:DirectDispatcher.send_raw_request",
        ),
        Method(request=calls.sent, response=response, carry=calls.carry, nests=True, measured=False),
    ),
    "mcp.server._otel:OpenTelemetryMiddleware.__call__": Method(
        request=calls.handled, response=response, carrier=calls.carrier, nests=True, measured=False
    ),
    "mcp.client.session:ClientSession._on_request": Method(
        request=calls.answered, response=response, carrier=calls.carrier_of_answer, nests=True, measured=False
    ),
}
"""The first three are version 1's, in whose models a request stands; the others are version 2's, where it is JSON."""
_TRACER = "mcp.shared._otel:_tracer"

integration = Integration(
    name="mcp",
    package="mcp",
    distribution="mcp",
    versions=">=1.13,<3",
    tested=("1.13.0", "2.3.0"),
    targets=tuple(
        Target(
            module=place.partition(":")[0],
            attribute=place.partition(":")[2],
            method=method,
            is_async=True,
            everywhere=False,
        )
        for place, method in _METHODS.items()
    ),
    hooks=(
        Hook(
            module="mcp.shared.session",
            attribute="RequestResponder.respond",
            wrapper=replied(models.given_answer),
            everywhere=False,
        ),
        gives_way_within("mcp.shared.jsonrpc_dispatcher", "otel_span", _TRACER),
        gives_way_within("mcp.server._otel", "otel_span", _TRACER),
    ),
)

McpInstrumentor = instrumentor(integration)
