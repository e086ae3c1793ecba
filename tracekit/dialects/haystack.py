"""Haystack, by opentelemetry-haystack: components and steps of an agent, their inputs and outputs as JSON. Pure.

It names no model, provider or usage but in what a chat generator gives back: `replies` with their `meta`.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.fields import member
from tracekit.dialects.messages import messages
from tracekit.dialects.parts import call_part, part, result_part, text_part
from tracekit.dialects.provider_usage import read_usage
from tracekit.dialects.replies import end_messages
from tracekit.dialects.values import decoded, promote, text
from tracekit.dialects.vocabulary import finish_reasons, provider, provider_of_model
from tracekit.model import Kind, RawSpan, Span

_Row = dict[str, Any]
_NAMES: dict[str, tuple[Kind, str | None]] = {
    "haystack.agent.run": ("agent", sc.INVOKE_AGENT),
    "haystack.agent.step.llm": ("llm", sc.CHAT),
    "haystack.agent.step.tool": ("tool", sc.EXECUTE_TOOL),
    "haystack.tool.run": ("tool", sc.EXECUTE_TOOL),
}
_TYPES: dict[str, tuple[Kind, str | None]] = {
    "Generator": ("llm", sc.CHAT),
    "Embedder": ("embedding", sc.EMBEDDINGS),
    "Retriever": ("retriever", sc.RETRIEVAL),
    "Ranker": ("reranker", None),
    "PromptBuilder": ("prompt", None),
    "Evaluator": ("evaluator", None),
}
"""Kinds by how the name of a component's class ends."""
_TOOL = ("name", "description", "parameters")
_INPUTS = (sv.HAYSTACK_INPUT, sv.HAYSTACK_LLM_INPUT, sv.HAYSTACK_AGENT_INPUT, sv.HAYSTACK_PIPELINE_INPUT)
_OUTPUTS = (sv.HAYSTACK_OUTPUT, sv.HAYSTACK_LLM_OUTPUT, sv.HAYSTACK_AGENT_OUTPUT, sv.HAYSTACK_PIPELINE_OUTPUT)


def read(raw: RawSpan, span: Span) -> None:
    """Read Haystack's tags onto `span`."""
    said = raw.attributes
    span.kind, span.operation = _kind(raw)
    asked = next((name for name in _INPUTS if name in said), "")
    answered = next((name for name in _OUTPUTS if name in said), "")
    if span.kind == "llm":
        _read_call(span, decoded(said.get(asked)), decoded(said.get(answered)))
        if span.provider is None:
            span.provider = _maker(text(said.get(sv.HAYSTACK_TYPE)) or "") or provider_of_model(span.model)
    elif span.kind == "tool":
        span.tool_name = text(said.get(sv.HAYSTACK_TOOL_NAME))
        promote(span, "tool_arguments", sv.HAYSTACK_TOOL_INPUT)
        promote(span, "tool_result", sv.HAYSTACK_TOOL_OUTPUT)
    else:
        promote(span, "input", asked)
        promote(span, "output", answered)
        if span.kind == "embedding":
            _read_model(span, member(span.output, "meta"))
            asked_for = member(span.input, "text")
            if asked_for is not None:
                span.promoted.pop("input", None)
                span.input = asked_for
        elif span.kind in {"retriever", "reranker"}:
            span.documents = documents(member(span.output, "documents"))


def _kind(raw: RawSpan) -> tuple[Kind, str | None]:
    known = _NAMES.get(raw.name)
    if known is not None:
        return known
    component = text(raw.attributes.get(sv.HAYSTACK_TYPE)) or ""
    return next((known for end, known in _TYPES.items() if component.endswith(end)), ("chain", None))


def _maker(component: str) -> str | None:
    """The provider by the name of a generator's class: `OpenAIChatGenerator`."""
    name = component.removesuffix("Generator").removesuffix("Chat")
    named = provider(name)
    return named if named != name else None


def _read_call(span: Span, asked: Any, answered: Any) -> None:
    span.tool_definitions = tools(_plain_tools(member(asked, "tools")))
    prompt = member(asked, "messages", "prompt")
    span.input_messages = messages([_message(one) for one in prompt] if isinstance(prompt, list) else prompt)
    replies = member(answered, "replies")
    said = [_message(one) for one in replies] if isinstance(replies, list) else []
    span.output_messages = messages(said, "assistant")
    held = [member(one, "meta", "_meta") for one in replies] if isinstance(replies, list) else []
    metas = [one for one in (*held, *_listed(member(answered, "meta"))) if isinstance(one, dict)]
    for meta in metas[:1]:
        _read_model(span, meta)
    span.finish_reasons = finish_reasons([text(member(meta, "finish_reason")) for meta in metas])
    end_messages(span)


def _read_model(span: Span, meta: Any) -> None:
    span.response_model = span.model = text(member(meta, "model"))
    span.provider = provider_of_model(span.model)
    read_usage(span, member(meta, "usage"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _plain_tools(value: Any) -> Any:
    """Tools out of their serialised form, which has the class beside the data and the function's place within."""
    held = [member(one, "data") for one in value] if isinstance(value, list) else []
    return [{name: one[name] for name in _TOOL if name in one} for one in held if isinstance(one, dict)]


def _message(value: Any) -> Any:
    """A `ChatMessage`: its pieces name their kind by their only key; before version 2.9 all keys began with `_`."""
    if not isinstance(value, dict):
        return value
    content = value.get("content", value.get("_content"))
    role = text(value.get("role")) or text(value.get("_role")) or "user"
    found = [_piece(one) for one in content] if isinstance(content, list) else [text_part(text(content) or "")]
    return {"role": role, "parts": found}


def _piece(value: Any) -> Any:
    if not isinstance(value, dict):
        return part(value)
    call, result, thought = (value.get(name) for name in ("tool_call", "tool_call_result", "reasoning"))
    if isinstance(call, dict):
        return call_part(text(call.get("id")), call.get("tool_name") or "", call.get("arguments"))
    if isinstance(result, dict):
        return result_part(text(member(result.get("origin"), "id")), result.get("result"))
    if isinstance(thought, dict):
        return {"type": "reasoning", "content": thought.get("reasoning_text")}
    return part(value)


DIALECT = Dialect(
    name="haystack",
    read=read,
    scopes=("haystack",),
    markers=frozenset({sv.HAYSTACK_TYPE, sv.HAYSTACK_TOOL_NAME}),
)
