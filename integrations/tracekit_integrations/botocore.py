"""AWS's clients, botocore's and aiobotocore's: what is patched in them, and how Bedrock's operations are understood.

Every call of every client goes through one method. It is told by the service and the operation; other services' calls
pass. Models that are asked by Anthropic's own client for Bedrock are that integration's: it does not send by botocore.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tracekit.model import Accumulator, Call, Invocation, Response
from tracekit.sdk.boto import adapter, hooks
from tracekit.sdk.integration import Choose, Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _bedrock_agents as agents
from tracekit_integrations import _bedrock_converse as converse
from tracekit_integrations import _bedrock_flows as flows
from tracekit_integrations import _bedrock_invoke as invoke
from tracekit_integrations import _bedrock_search as search
from tracekit_integrations._bedrock_request import identified, operation_of
from tracekit_integrations._bedrock_steps import Steps
from tracekit_integrations._bedrock_steps import response as step_response
from tracekit_integrations._request import streamed


def _unsaid(reply: Any) -> Response:
    """Of a reply that says all in its stream."""
    return identified(Response(), reply)


def _told(
    request: Callable[[Call], Invocation], accumulator: Callable[[], Accumulator], each: Method | None = None
) -> Method:
    """A method whose reply is told in events."""
    return Method(request=streamed(request), response=_unsaid, accumulator=accumulator, each=each)


def _agent(call: Call) -> Method:
    return _told(agents.request, agents.Accumulator, Method(request=Steps(call).request, response=step_response))


def _invoke(call: Call) -> Method:
    return Method(request=invoke.request, response=partial(invoke.response, call))


def _rerank(call: Call) -> Method:
    return Method(request=search.rerank_request, response=partial(search.rerank_response, call))


_METHODS: dict[str, dict[str, Method | Choose]] = {
    "bedrock-runtime": {
        "Converse": Method(request=converse.request, response=converse.response),
        "ConverseStream": _told(converse.request, converse.Accumulator),
        "InvokeModel": _invoke,
        "InvokeModelWithResponseStream": _told(invoke.request, invoke.Accumulator),
        "ApplyGuardrail": Method(request=search.guardrail_request, response=search.guardrail_response),
        "InvokeGuardrailChecks": Method(request=search.checks_request, response=search.guardrail_response),
    },
    "bedrock-agent-runtime": {
        "InvokeAgent": _agent,
        "InvokeInlineAgent": _agent,
        "InvokeFlow": _told(flows.request, flows.Accumulator),
        "Retrieve": Method(request=search.retrieve_request, response=search.retrieve_response),
        "RetrieveAndGenerate": Method(request=search.generate_request, response=search.generate_response),
        "RetrieveAndGenerateStream": _told(search.generate_request, search.Accumulator),
        "AgenticRetrieveStream": _told(search.agentic_request, search.Accumulator),
        "Rerank": _rerank,
    },
}
"""By service and operation, how a call is understood."""


def _method(call: Call) -> Method | None:
    found = _METHODS.get(call.instance.meta.service_model.service_name)
    method = None if found is None else found.get(operation_of(call))
    return method if isinstance(method, Method) or method is None else method(call)


def _ended(event: Any) -> bool:
    """Whether an event is the last of a reply, of any operation."""
    return converse.ended(event) or invoke.ended(event) or flows.ended(event)


integration = Integration(
    name="botocore",
    package="botocore",
    distribution="botocore",
    versions=">=1.40,<2",
    tested=("1.44.8",),
    targets=(
        Target(module="botocore.client", attribute="BaseClient._make_api_call", method=_method),
        Target(module="aiobotocore.client", attribute="AioBaseClient._make_api_call", method=_method, is_async=True),
    ),
    hooks=hooks(),
    adapt=adapter(_ended),
)

BotocoreInstrumentor = instrumentor(integration)
