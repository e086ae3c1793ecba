"""AWS's clients, botocore's and aiobotocore's: what is patched in them, and how Bedrock's operations are understood.

Every call of every client goes through one method. It is told by the service and the operation; other services' calls
pass. Models that are asked by Anthropic's own client for Bedrock are that integration's: it does not send by botocore.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tracekit.model import Call, Response
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


def _streamed(call: Call) -> Method:
    made = invoke.method(call)
    return Method(request=streamed(made.request), response=_unsaid, accumulator=invoke.Accumulator)


def _agent(call: Call) -> Method:
    each = Method(request=Steps(call).request, response=step_response)
    return Method(request=agents.request, response=_unsaid, accumulator=agents.Accumulator, each=each)


def _rerank(call: Call) -> Method:
    return Method(request=search.rerank_request, response=partial(search.rerank_response, call))


_METHODS: dict[str, tuple[str, Method | Choose]] = {
    "Converse": ("bedrock-runtime", Method(request=converse.request, response=converse.response)),
    "ConverseStream": (
        "bedrock-runtime",
        Method(request=streamed(converse.request), response=_unsaid, accumulator=converse.Accumulator),
    ),
    "InvokeModel": ("bedrock-runtime", invoke.method),
    "InvokeModelWithResponseStream": ("bedrock-runtime", _streamed),
    "ApplyGuardrail": (
        "bedrock-runtime",
        Method(request=search.guardrail_request, response=search.guardrail_response),
    ),
    "InvokeGuardrailChecks": (
        "bedrock-runtime",
        Method(request=search.checks_request, response=search.guardrail_response),
    ),
    "InvokeAgent": ("bedrock-agent-runtime", _agent),
    "InvokeInlineAgent": ("bedrock-agent-runtime", _agent),
    "InvokeFlow": (
        "bedrock-agent-runtime",
        Method(request=flows.request, response=_unsaid, accumulator=flows.Accumulator),
    ),
    "Retrieve": (
        "bedrock-agent-runtime",
        Method(request=search.retrieve_request, response=search.retrieve_response),
    ),
    "RetrieveAndGenerate": (
        "bedrock-agent-runtime",
        Method(request=search.generate_request, response=search.generate_response),
    ),
    "RetrieveAndGenerateStream": (
        "bedrock-agent-runtime",
        Method(request=streamed(search.generate_request), response=_unsaid, accumulator=search.Accumulator),
    ),
    "AgenticRetrieveStream": (
        "bedrock-agent-runtime",
        Method(request=streamed(search.agentic_request), response=_unsaid, accumulator=search.Accumulator),
    ),
    "Rerank": ("bedrock-agent-runtime", _rerank),
}
"""By operation: the service that has it, and how a call of it is understood."""


def _method(call: Call) -> Method | None:
    found = _METHODS.get(operation_of(call))
    if found is None or call.instance.meta.service_model.service_name != found[0]:
        return None
    return found[1] if isinstance(found[1], Method) else found[1](call)


def _ended(event: Any) -> bool:
    """Whether an event is the last of a reply, of any operation."""
    return converse.ended(event) or invoke.ended(event) or flows.ended(event)


integration = Integration(
    name="botocore",
    package="botocore",
    distribution="botocore",
    versions=">=1.40,<2",
    targets=(
        Target(module="botocore.client", attribute="BaseClient._make_api_call", method=_method),
        Target(module="aiobotocore.client", attribute="AioBaseClient._make_api_call", method=_method, is_async=True),
    ),
    hooks=hooks(),
    adapt=adapter(_ended),
)

BotocoreInstrumentor = instrumentor(integration)
