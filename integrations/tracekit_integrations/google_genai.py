"""The google-genai client: what is patched in it, and how each method is understood.

Calls are seen at the HTTP layer, one for each request to a model: chats, `models`, and each turn of automatic function
calling go through it, for Gemini and for Vertex AI. The live API is not recorded, nor are images, videos and batches.
"""

from __future__ import annotations

from tracekit.sdk.integration import Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.speakeasy import adapter
from tracekit.sdk.taps import tapping
from tracekit_integrations import _google_content as content
from tracekit_integrations import _google_interactions as interactions
from tracekit_integrations import _google_tools as tools

_WHOLE = Method(request=content.request, response=content.response)
_STREAMED = Method(
    request=content.request,
    response=content.response,
    accumulator=content.Accumulator,
    tap=tapping(content.ended),
)
_INTERACTION = Method(
    request=interactions.request, response=interactions.response, accumulator=interactions.Accumulator
)
_TOOL = Method(request=tools.request, response=tools.response, nests=True)

_CLIENT, _TOOLS, _INTERACTIONS = (
    "google.genai._api_client",
    "google.genai._extra_utils",
    "google.genai._gaos.interactions",
)


integration = Integration(
    name="google_genai",
    package="google.genai",
    distribution="google-genai",
    versions=">=3,<4",
    tested=("3.0.0", "3.6.1"),
    targets=(
        Target(module=_CLIENT, attribute="BaseApiClient.request", method=_WHOLE),
        Target(module=_CLIENT, attribute="BaseApiClient.async_request", method=_WHOLE, is_async=True),
        Target(module=_CLIENT, attribute="BaseApiClient.request_streamed", method=_STREAMED),
        Target(module=_CLIENT, attribute="BaseApiClient.async_request_streamed", method=_STREAMED, is_async=True),
        Target(module=_INTERACTIONS, attribute="Interactions.create", method=_INTERACTION),
        Target(module=_INTERACTIONS, attribute="AsyncInteractions.create", method=_INTERACTION, is_async=True),
        Target(module=_TOOLS, attribute="invoke_function_from_dict_args", method=_TOOL),
        Target(module=_TOOLS, attribute="invoke_function_from_dict_args_async", method=_TOOL, is_async=True),
    ),
    adapt=adapter(interactions.ended),
)

GoogleGenaiInstrumentor = instrumentor(integration)
