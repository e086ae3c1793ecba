"""The anthropic client: what is patched in it, and how a call is understood.

One place for all of its classes: the method that sends a request and tries again. Anthropic's own API, Bedrock, Vertex,
Foundry, `beta`, the `.stream()` managers and the tool runners go through it, whenever they were made; and so does
reading the results of a batch. Counting tokens, making batches and whatever else asks no model are not recorded.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.native import gives_way
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.stainless import adapter, hooks
from tracekit_integrations import _anthropic_batches as batches
from tracekit_integrations import _anthropic_messages as messages

_MESSAGE = Method(request=messages.request, response=messages.response, accumulator=messages.Accumulator)
_RESULTS = Method(
    request=batches.request,
    response=messages.response,
    each=Method(request=batches.result_request, response=batches.result_response),
)

integration = Integration(
    name="anthropic",
    package="anthropic",
    distribution="anthropic",
    versions=">=0.43,<3",
    tested=("0.43", "0.50", "0.76", "0.80", "0.100", "0.125", "1.0", "1.17", "2.0", "2.14"),
    targets=tuple(
        Target(module="anthropic._base_client", attribute=f"{kind}APIClient.request", method=method, is_async=later)
        for method in (_MESSAGE, _RESULTS)
        for kind, later in (("Sync", False), ("Async", True))
    ),
    hooks=(
        *hooks(
            "anthropic",
            streams=(
                "_streaming:Stream",
                "_streaming:AsyncStream",
                "_decoders.jsonl:JSONLDecoder",
                "_decoders.jsonl:AsyncJSONLDecoder",
            ),
            parsers=("_legacy_response:LegacyAPIResponse", "_response:APIResponse"),
        ),
        gives_way("anthropic._base_client", "start_api_call_span"),
    ),
    adapt=adapter(messages.ended),
)

AnthropicInstrumentor = instrumentor(integration)
