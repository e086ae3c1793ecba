"""LlamaIndex's spans: what a method of it is asked, and what comes of it. Pure; told by class names, imports nothing.

The dispatcher tells of a method's arguments and result, and of the object; that is more than its events say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tracekit import semconv
from tracekit.model import AttributeValue, Invocation, Response
from tracekit_integrations import _llama_index_messages as messages
from tracekit_integrations import _parts as parts
from tracekit_integrations._request import attributes, tool_definitions
from tracekit_integrations._usage_shapes import usage
from tracekit_integrations._values import get, given, items, text

_PROVIDERS = {
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "fireworks": "fireworks_ai",
    "gemini": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "mistralai": "mistral_ai",
    "together": "together_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
}
"""LlamaIndex's names of providers (of their packages) that the conventions call differently."""
_FINISH = {"tool_calls": "tool_call", "function_call": "tool_call", "tool_use": "tool_call", "end_turn": "stop",
           "max_tokens": "length", "stop_sequence": "stop"}  # fmt: skip
_HALVES = ("_", "split_text", "get_response", "aget_response")
"""Beginnings of the names of methods that are only a part of what another one does, or too many to be of use."""
_OURS = frozenset({"args", "kwargs", "self"})
_BASES = ("BaseLLM", "BaseEmbedding", "BaseRetriever", "BaseNodePostprocessor", "BaseTool", "Workflow")


@cache
def base(kind: type[Any]) -> str | None:
    """Which of LlamaIndex's base classes a class is of."""
    names = {each.__name__ for each in kind.__mro__}
    return next((name for name in _BASES if name in names), None)


def method(id_: str) -> str:
    """The method that a span's id names: `Class.method-<uuid>`."""
    return id_.rsplit("-", 5)[0].rpartition(".")[2]


def key(*_: Any, id_: str, **_told: Any) -> str:
    """The id of the span that is told of."""
    return id_


def parent(*_: Any, parent_id: str | None, **_told: Any) -> str | None:
    """The id of the span that it stands beneath."""
    return parent_id


def is_failure(error: BaseException) -> bool:
    """Whether a method that ended by this failed; a step that waits for an event is begun anew when that comes."""
    return type(error).__name__ != "WaitingForEvent"


def steered(error: BaseException, **_told: Any) -> Response:
    """It stopped to wait."""
    return Response(attributes={f"{semconv.METADATA_PREFIX}stopped_by": type(error).__name__})


def begun(*, id_: str, bound_args: Any, instance: Any, **_told: Any) -> Invocation | None:
    """A method begins. Its inner halves (`_query`), and the jobs that it is split into, are no steps of their own."""
    name, kind = method(id_), base(type(instance))
    if "run_jobs" in id_ or (name.startswith(_HALVES) and not name.endswith("postprocess_nodes")):
        return None
    arguments = _arguments(bound_args)
    for of, endings, asked in _ASKED:
        if of == kind and name.endswith(endings):
            return asked(name, arguments, instance)
    return _step(name if instance is None else f"{type(instance).__name__}.{name}", arguments)


def ended(*, id_: str, result: Any, instance: Any) -> Response:
    """It gives its result."""
    name, kind = method(id_), base(type(instance))
    if hasattr(result, "raw") and (hasattr(result, "message") or hasattr(result, "text")):
        return answer(result, _reason(result))
    if kind == "BaseEmbedding":
        return _vectors(result)
    if kind == "BaseTool":
        return _answered(result)
    if name.endswith(("retrieve", "postprocess_nodes")) and items(result):
        return Response(content={semconv.RETRIEVAL_DOCUMENTS: [messages.document(found) for found in result]})
    return Response(content={semconv.OUTPUT: messages.value(result)})


def rest(*, result: Any, **_told: Any) -> tuple[Any, str] | None:
    """Where an answer that is still to be read has its words."""
    return (result, "response_gen") if type(result).__name__.endswith("StreamingResponse") else None


def holds(*, id_: str, instance: Any, **_told: Any) -> bool:
    """Whether a method's end is told where its beginning is. A workflow's run gives a future, and ends elsewhere."""
    return not (method(id_) == "run" and base(type(instance)) == "Workflow")


class Pieces:
    """The pieces of a model's answer, each with all that was said so far; or an answer's words."""

    __slots__ = ("_last", "_reason", "_usage", "_words")

    def __init__(self) -> None:
        self._last: Any = None
        self._reason: str | None = None
        self._usage: Any = None
        self._words: list[str] = []

    def add(self, chunk: Any, /) -> None:
        """Take one piece."""
        if isinstance(chunk, str):
            self._words.append(chunk)
            return
        self._last = chunk
        self._reason = _reason(chunk) or self._reason
        self._usage = usage(get(_raw(chunk), "usage")) or self._usage

    def response(self) -> Response:
        """What they amount to."""
        if self._words:
            return Response(content={semconv.OUTPUT: "".join(self._words)})
        made = answer(self._last, self._reason)
        made.usage = self._usage
        return made


def answer(result: Any, reason: str | None) -> Response:
    """What a model answered, with what its provider said, where LlamaIndex hands that on."""
    raw, said = _raw(result), get(result, "message")
    body = messages.message_parts(said) if said is not None else _words(result)
    return Response(
        response_model=text(get(raw, "model")),
        response_id=text(get(raw, "id")),
        finish_reasons=None if reason is None else [reason],
        usage=usage(get(raw, "usage")),
        output_messages=[parts.reply(body, parts.UNKNOWN if reason is None else _FINISH.get(reason, reason))],
    )


def _words(result: Any) -> list[Any]:
    said = get(result, "text")
    return [parts.text_part(said)] if isinstance(said, str) else []


def _raw(result: Any) -> Any:
    """The provider's own reply; of a stream of the Responses API, the event that has it."""
    raw = get(result, "raw")
    return get(raw, "response") or raw


def _reason(result: Any) -> str | None:
    raw = _raw(result)
    choices = items(get(raw, "choices"))
    return text(get(choices[0], "finish_reason")) if choices else text(get(raw, "stop_reason"))


def _arguments(bound: Any) -> dict[str, Any]:
    """What a method was given, by name; that of `**kwargs` beside the others."""
    found: Mapping[str, Any] = get(bound, "arguments") or {}
    more = found.get("kwargs")
    named = {name: value for name, value in found.items() if name not in _OURS}
    positional = {"args": list(found["args"])} if items(found.get("args")) else {}
    return {**named, **positional, **(more if isinstance(more, dict) else {})}


def _model(name: str, arguments: Mapping[str, Any], instance: Any) -> Invocation:
    chat = name.endswith("chat")
    model = _model_name(instance)
    asked = arguments.get("messages") if chat else arguments.get("prompt") or _first(arguments)
    parameters = given({each: get(instance, each) for each in ("temperature", "max_tokens")})
    told = [messages.message(each) for each in items(asked)]
    return Invocation(
        operation=semconv.CHAT if chat else semconv.TEXT_COMPLETION,
        provider=_provider(type(instance)),
        request_model=model,
        name=None if model else type(instance).__name__,
        stream="stream" in name,
        attributes=attributes({**parameters, **given(arguments)}, {}, {}),
        input_messages=(told if chat else [parts.message("user", [parts.text_part(str(asked))])]) or None,
        tool_definitions=tool_definitions(arguments.get("tools")),
    )


def _first(arguments: Mapping[str, Any]) -> Any:
    return next(iter(items(arguments.get("args"))), None)


def _model_name(instance: Any) -> str | None:
    name = text(get(instance, "model")) or text(get(instance, "model_name"))
    return None if name == "unknown" else name


@cache
def _provider(kind: type[Any]) -> str | None:
    """By the package that a model's class, or one that it is made of, comes from: `llama_index.llms.<provider>`."""
    for each in kind.__mro__:
        place = each.__module__.split(".")
        if place[0] == "llama_index" and place[1] in {"llms", "embeddings"}:
            return _PROVIDERS.get(place[2], place[2])
    return None


def _embedding(_name: str, arguments: Mapping[str, Any], instance: Any) -> Invocation:
    embedded = next((arguments[name] for name in ("query", "text", "texts") if name in arguments), None)
    model = _model_name(instance)
    return Invocation(
        operation=semconv.EMBEDDINGS,
        provider=_provider(type(instance)),
        request_model=model,
        name=None if model else type(instance).__name__,
        content={semconv.INPUT: messages.value(embedded)},
    )


def _vectors(result: Any) -> Response:
    """The vectors' length; they themselves are not kept."""
    vectors = items(result)
    first = items(vectors[0]) if vectors and items(vectors[0]) else vectors
    return Response(attributes={semconv.EMBEDDINGS_DIMENSION_COUNT: len(first)} if first else {})


def _retriever(_name: str, arguments: Mapping[str, Any], instance: Any) -> Invocation:
    top = get(instance, "similarity_top_k")
    return Invocation(
        operation=semconv.RETRIEVAL,
        name=type(instance).__name__,
        attributes={semconv.RETRIEVAL_TOP_K: top} if isinstance(top, int) else {},
        content={semconv.RETRIEVAL_QUERY: messages.query(arguments.get("str_or_query_bundle"))},
    )


def _reranker(_name: str, arguments: Mapping[str, Any], instance: Any) -> Invocation:
    """One that scores documents anew, by its name; others sort out or change what was found, and are steps."""
    name = type(instance).__name__
    if "rerank" not in name.lower():
        return Invocation(name=name, content={semconv.INPUT: messages.value(dict(arguments))})
    top = get(instance, "top_n")
    return Invocation(
        operation=semconv.RERANK,
        request_model=_model_name(instance),
        name=name,
        attributes={semconv.RETRIEVAL_TOP_K: top} if isinstance(top, int) else {},
        content={semconv.RETRIEVAL_QUERY: messages.query(arguments.get("query_bundle"))},
    )


def _tool(_name: str, arguments: Mapping[str, Any], instance: Any) -> Invocation:
    about = get(instance, "metadata")
    name = text(get(about, "name")) or type(instance).__name__
    known = {semconv.TOOL_NAME: name, semconv.TOOL_DESCRIPTION: text(get(about, "description"))}
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=name,
        attributes={attribute: value for attribute, value in known.items() if value is not None},
        content={semconv.TOOL_CALL_ARGUMENTS: messages.value(dict(arguments))},
    )


def _answered(result: Any) -> Response:
    """A tool answers; one that says that it failed does so in a result, which is marked."""
    said = get(result, "content")
    made = Response(content={semconv.TOOL_CALL_RESULT: messages.value(result if said is None else said)})
    if get(result, "is_error") is True:
        made.attributes[f"{semconv.METADATA_PREFIX}tool_status"] = "error"
    return made


def _workflow(_name: str, arguments: Mapping[str, Any], instance: Any) -> Invocation:
    """A workflow, or an agent, which is one."""
    kind = type(instance)
    agent = any(each.__name__ == "BaseWorkflowAgent" for each in kind.__mro__)
    name = (text(get(instance, "name")) if agent else None) or kind.__name__
    asked = arguments.get("start_event", arguments)
    return Invocation(
        operation=semconv.INVOKE_AGENT if agent else semconv.INVOKE_WORKFLOW,
        name=name,
        attributes={semconv.AGENT_NAME if agent else semconv.WORKFLOW_NAME: name},
        content={semconv.INPUT: messages.value(asked)},
    )


def _step(name: str, arguments: Mapping[str, Any]) -> Invocation:
    """Any other method, and a step of a workflow, whose event says which agent's it is."""
    whose = text(get(arguments.get("ev"), "current_agent_name"))
    named: dict[str, AttributeValue] = {} if whose is None else {semconv.AGENT_NAME: whose}
    shown = {name: messages.value(value) for name, value in arguments.items() if name != "ctx"}
    question = next((shown[name] for name in ("str_or_query_bundle", "message", "ev") if name in shown), shown)
    return Invocation(name=name, attributes=named, content={semconv.INPUT: question})


_ASKED = (
    ("BaseLLM", ("chat", "complete"), _model),
    ("BaseEmbedding", ("embedding", "embedding_batch"), _embedding),
    ("BaseRetriever", "retrieve", _retriever),
    ("BaseNodePostprocessor", "postprocess_nodes", _reranker),
    ("BaseTool", "call", _tool),
    ("Workflow", "run", _workflow),
)
"""What is asked by methods of LlamaIndex's base classes whose names end so."""
