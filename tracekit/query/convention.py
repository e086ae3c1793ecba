"""What OpenTelemetry's GenAI conventions v1.41 want of a span, as tables.

Written from the conventions' model of spans and registry (`gen-ai/spans.yaml`, `gen-ai/registry.yaml`) and the JSON
schemas of messages, semantic-conventions v1.41.0. Left out is what a span cannot show to be missing: parameters that
the request may not have had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracekit import semconv as sc

_USAGE = (sc.USAGE_INPUT_TOKENS, sc.USAGE_OUTPUT_TOKENS)
_RESPONSE = (sc.RESPONSE_ID, sc.RESPONSE_MODEL, sc.RESPONSE_FINISH_REASONS)


@dataclass(slots=True, frozen=True, kw_only=True)
class Wanted:
    """What an operation's span should say: its required and recommended attributes, and the noun of its name.

    `answers` are recommended where the operation did not fail: an error has no answer to tell of.
    """

    required: tuple[str, ...]
    recommended: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    noun: str | None = None


_INFERENCE = Wanted(
    required=(sc.OPERATION, sc.PROVIDER),
    recommended=(sc.REQUEST_MODEL, sc.SERVER_ADDRESS),
    answers=(*_RESPONSE, *_USAGE),
    noun=sc.REQUEST_MODEL,
)
OPERATIONS: Mapping[str, Wanted] = {
    sc.CHAT: _INFERENCE,
    sc.TEXT_COMPLETION: _INFERENCE,
    sc.GENERATE_CONTENT: _INFERENCE,
    sc.EMBEDDINGS: Wanted(
        required=(sc.OPERATION, sc.PROVIDER),
        recommended=(sc.REQUEST_MODEL, sc.SERVER_ADDRESS),
        answers=(sc.USAGE_INPUT_TOKENS, sc.RESPONSE_MODEL, sc.EMBEDDINGS_DIMENSION_COUNT),
        noun=sc.REQUEST_MODEL,
    ),
    sc.RETRIEVAL: Wanted(required=(sc.OPERATION,), recommended=(sc.REQUEST_TOP_K,), noun=sc.DATA_SOURCE_ID),
    sc.CREATE_AGENT: Wanted(required=(sc.OPERATION, sc.PROVIDER), recommended=(sc.SERVER_ADDRESS,), noun=sc.AGENT_NAME),
    sc.INVOKE_AGENT: Wanted(
        required=(sc.OPERATION, sc.PROVIDER), recommended=(sc.AGENT_NAME,), answers=_USAGE, noun=sc.AGENT_NAME
    ),
    sc.EXECUTE_TOOL: Wanted(
        required=(sc.OPERATION, sc.TOOL_NAME), recommended=(sc.TOOL_CALL_ID, sc.TOOL_TYPE), noun=sc.TOOL_NAME
    ),
    sc.INVOKE_WORKFLOW: Wanted(required=(sc.OPERATION,), recommended=(sc.WORKFLOW_NAME,), noun=sc.WORKFLOW_NAME),
}
"""By `gen_ai.operation.name`."""
PROVIDERS = frozenset(
    {
        "openai", "gcp.gen_ai", "gcp.vertex_ai", "gcp.gemini", "anthropic", "cohere", "azure.ai.inference",
        "azure.ai.openai", "ibm.watsonx.ai", "aws.bedrock", "perplexity", "x_ai", "deepseek", "groq", "mistral_ai",
    }
)  # fmt: skip
VALUES: Mapping[str, frozenset[str]] = {
    sc.OPERATION: frozenset(OPERATIONS),
    sc.PROVIDER: PROVIDERS,
    sc.OUTPUT_TYPE: frozenset({"text", "json", "image", "speech"}),
    sc.TOOL_TYPE: frozenset({"function", "extension", "datastore"}),
}
"""Well-known values: others are allowed where none of these fits."""
TEXT, WHOLE, NUMBER, FLAG, TEXTS = "text", "a whole number", "a number", "true or false", "a list of texts"
TYPES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            sc.OPERATION, sc.PROVIDER, sc.CONVERSATION_ID, sc.OUTPUT_TYPE, sc.REQUEST_MODEL, sc.RESPONSE_ID,
            sc.RESPONSE_MODEL, sc.RETRIEVAL_QUERY, sc.TOOL_NAME, sc.TOOL_TYPE, sc.TOOL_DESCRIPTION, sc.TOOL_CALL_ID,
            sc.AGENT_NAME, sc.AGENT_ID, sc.WORKFLOW_NAME, sc.DATA_SOURCE_ID, sc.PROMPT_NAME, sc.ERROR_TYPE,
            sc.SERVER_ADDRESS,
        ),
        TEXT,
    ),
    **dict.fromkeys(
        (
            sc.REQUEST_MAX_TOKENS, sc.REQUEST_CHOICE_COUNT, sc.REQUEST_SEED, sc.USAGE_INPUT_TOKENS,
            sc.USAGE_OUTPUT_TOKENS, sc.USAGE_CACHE_READ, sc.USAGE_CACHE_CREATION, sc.USAGE_REASONING,
            sc.EMBEDDINGS_DIMENSION_COUNT, sc.SERVER_PORT,
        ),
        WHOLE,
    ),
    **dict.fromkeys(
        (
            sc.REQUEST_TEMPERATURE, sc.REQUEST_TOP_P, sc.REQUEST_TOP_K, sc.REQUEST_FREQUENCY_PENALTY,
            sc.REQUEST_PRESENCE_PENALTY, sc.RESPONSE_TIME_TO_FIRST_CHUNK,
        ),
        NUMBER,
    ),
    sc.REQUEST_STREAM: FLAG,
    **dict.fromkeys((sc.REQUEST_STOP_SEQUENCES, sc.REQUEST_ENCODING_FORMATS, sc.RESPONSE_FINISH_REASONS), TEXTS),
}  # fmt: skip
RENAMED: Mapping[str, str] = {
    sc.SYSTEM_OLD: sc.PROVIDER,
    sc.USAGE_PROMPT_TOKENS_OLD: sc.USAGE_INPUT_TOKENS,
    sc.USAGE_COMPLETION_TOKENS_OLD: sc.USAGE_OUTPUT_TOKENS,
}
"""Attributes of older conventions, each with the name that it has now."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "text": ("content",),
    "reasoning": ("content",),
    "tool_call": ("name",),
    "tool_call_response": ("response",),
    "server_tool_call": ("name", "server_tool_call"),
    "server_tool_call_response": ("server_tool_call_response",),
    "blob": ("modality", "content"),
    "file": ("modality", "file_id"),
    "uri": ("modality", "uri"),
}
"""What a part of a message has, by its type; a part of another type has just that."""
