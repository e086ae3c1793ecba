"""Haystack's pipelines, components, agents and tools: what a call asks, and what comes of it. Pure; imports nothing.

What a component does is told by the name of its class, as Haystack's own and its partners' follow one pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation, Message, Response
from tracekit_integrations import _haystack_messages as messages
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import finish_word
from tracekit_integrations._request import attributes
from tracekit_integrations._usage_shapes import usage
from tracekit_integrations._values import get, given, items, text

_PROVIDERS = {"Anthropic": "anthropic", "Azure": "azure.ai.openai", "Bedrock": "aws.bedrock", "Cohere": "cohere",
              "Google": "gcp.gemini", "Mistral": "mistral_ai", "OpenAI": "openai"}  # fmt: skip
"""By how a class's name begins, or that of one that it is derived from."""
_COMPONENT = ("component_name", "component", "inputs")
_KINDS = ("Generator", "Embedder", "Retriever", "Ranker")
_VECTORS = ("embedding", "documents")


def pipeline(call: Call) -> Invocation:
    """A pipeline is run."""
    asked = _argument(call, 0, "data")
    return Invocation(name=type(call.instance).__name__, content={semconv.INPUT: messages.value(asked)})


def gave(result: Any) -> Response:
    """What a pipeline gives."""
    return Response(content={semconv.OUTPUT: messages.value(result)})


class Parts:
    """What a pipeline gives piece by piece: the outputs of its components, as they come."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[str, Any] = {}

    def add(self, chunk: Any, /) -> None:
        """Take the outputs of some components."""
        self._seen.update(chunk)

    def response(self) -> Response:
        """All of them."""
        return gave(self._seen)


def component(call: Call) -> Invocation | None:
    """A component of a pipeline is run. An agent's own run says more, and is recorded in its place."""
    name = str(_argument(call, 0, "component_name"))
    instance = get(_argument(call, 1, "component"), "instance")
    inputs = _argument(call, 2, "inputs") or call.kwargs.get("component_inputs") or {}
    kind = _kind(type(instance))
    if kind == "Agent":
        return None
    made = _ASKED[kind](instance, inputs) if kind in _ASKED else _step(inputs)
    made.name = name if kind is None else made.name or name
    made.attributes[f"{semconv.METADATA_PREFIX}component"] = name
    return made


def component_gave(result: Any) -> Response:
    """What a component gives, told by the names of its outputs."""
    if "replies" in result:
        return _replies(result)
    made = Response(usage=usage(get(result.get("meta"), "usage")))
    vector = next((found for name in _VECTORS if (found := _vector(result.get(name)))), None)
    if vector is not None and ("embedding" in result or "meta" in result):
        made.attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = len(vector)
        made.response_model = text(get(result.get("meta"), "model"))
    elif "documents" in result:
        made.content[semconv.RETRIEVAL_DOCUMENTS] = [messages.document(each) for each in items(result["documents"])]
    else:
        made.content[semconv.OUTPUT] = messages.value(result)
    return made


def agent(call: Call) -> Invocation:
    """An agent is run. Haystack gives agents no names."""
    instance = call.instance
    name = text(get(instance, "__component_name__")) or type(instance).__name__
    return Invocation(
        operation=semconv.INVOKE_AGENT,
        name=name,
        attributes={semconv.AGENT_NAME: name},
        input_messages=_messages(_argument(call, 0, "messages")),
        tool_definitions=_tools(get(instance, "tools")),
    )


def agent_gave(result: Any) -> Response:
    """What an agent said last, and where it stopped."""
    last = get(result, "last_message")
    reason = text(get(result, "exit_reason"))
    made = Response(output_messages=None if last is None else [parts.reply(messages.message_parts(last), "stop")])
    if reason is not None:
        made.attributes[f"{semconv.METADATA_PREFIX}exit_reason"] = reason
    return made


def tool(call: Call) -> Invocation | None:
    """A tool is called. One that has no asynchronous function is called once more, in a thread: that is the call."""
    instance = call.instance
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=str(instance.name),
        attributes={semconv.TOOL_NAME: str(instance.name), semconv.TOOL_DESCRIPTION: str(instance.description)},
        content={semconv.TOOL_CALL_ARGUMENTS: messages.value(dict(call.kwargs))},
    )


def awaited_tool(call: Call) -> Invocation | None:
    """The same of a call that is awaited."""
    return None if get(call.instance, "async_function") is None else tool(call)


def tool_gave(result: Any) -> Response:
    """What a tool answers."""
    return Response(content={semconv.TOOL_CALL_RESULT: messages.value(result)})


@cache
def _kind(kind: type[Any]) -> str | None:
    """What a component is, by its class's name or that of one that it is derived from."""
    names = [each.__name__ for each in kind.__mro__]
    return next((ending for name in names for ending in ("Agent", *_KINDS) if name.endswith(ending)), None)


@cache
def _provider(kind: type[Any]) -> str | None:
    names = [each.__name__ for each in kind.__mro__]
    return next((found for name in names for start, found in _PROVIDERS.items() if name.startswith(start)), None)


def _argument(call: Call, place: int, name: str) -> Any:
    return call.args[place] if len(call.args) > place else call.kwargs.get(name)


def _messages(said: Any) -> list[Message] | None:
    return [messages.message(each) for each in items(said) if messages.is_message(each)] or None


def _tools(offered: Any) -> list[dict[str, Any]] | None:
    """Tools on offer; a set of them that has to be asked is let be."""
    told = [each for each in items(offered) if get(each, "name") is not None]
    return [
        {
            "type": "function",
            "name": str(each.name),
            "description": text(each.description),
            "parameters": each.parameters,
        }
        for each in told
    ] or None


def _generator(instance: Any, inputs: Mapping[str, Any]) -> Invocation:
    """A model is asked, by messages or by a prompt."""
    prompt, model = inputs.get("prompt"), text(get(instance, "model"))
    told = [parts.message("user", [parts.text_part(prompt)])] if isinstance(prompt, str) else None
    parameters = {**(get(instance, "generation_kwargs") or {}), **(inputs.get("generation_kwargs") or {})}
    chat = "messages" in inputs
    return Invocation(
        operation=semconv.CHAT if chat else semconv.TEXT_COMPLETION,
        provider=_provider(type(instance)),
        request_model=model,
        stream=(inputs.get("streaming_callback") or get(instance, "streaming_callback")) is not None,
        attributes=attributes(given(parameters), {}, {}),
        input_messages=_messages(inputs["messages"]) if chat else told,
        tool_definitions=_tools(inputs.get("tools") or get(instance, "tools")),
    )


def _replies(result: Mapping[str, Any]) -> Response:
    """What a model answers: messages, or texts with what is said of them beside."""
    answers: list[Message] = []
    told: list[Any] = []
    beside = items(result.get("meta"))
    for place, reply in enumerate(items(result["replies"])):
        meta = get(reply, "_meta") if messages.is_message(reply) else beside[place] if place < len(beside) else None
        told.append(meta)
        body = messages.message_parts(reply) if messages.is_message(reply) else [parts.text_part(str(reply))]
        answers.append(parts.reply(body, finish_word(get(meta, "finish_reason"))))
    first = told[0] if told else None
    reasons = [reason for meta in told if (reason := text(get(meta, "finish_reason")))]
    return Response(
        response_model=text(get(first, "model")),
        response_id=text(get(first, "id")),
        finish_reasons=reasons or None,
        usage=usage(get(first, "usage")),
        output_messages=answers or None,
    )


def _embedder(instance: Any, inputs: Mapping[str, Any]) -> Invocation:
    asked = inputs.get("text") or [get(each, "content") for each in items(inputs.get("documents"))]
    return Invocation(
        operation=semconv.EMBEDDINGS,
        provider=_provider(type(instance)),
        request_model=text(get(instance, "model")),
        content={semconv.INPUT: asked},
    )


def _vector(found: Any) -> Any:
    """A vector, or that of the first document."""
    first = next(iter(items(found)), None)
    return found if isinstance(first, float) else items(get(first, "embedding"))


def _retriever(instance: Any, inputs: Mapping[str, Any]) -> Invocation:
    """A store is searched: by words, or by a vector, which is not kept."""
    top = inputs.get("top_k") or get(instance, "top_k")
    known: dict[str, AttributeValue] = {semconv.RETRIEVAL_TOP_K: top} if isinstance(top, int) else {}
    query = text(inputs.get("query"))
    return Invocation(
        operation=semconv.RETRIEVAL,
        attributes=known,
        content={} if query is None else {semconv.RETRIEVAL_QUERY: query},
    )


def _ranker(instance: Any, inputs: Mapping[str, Any]) -> Invocation:
    made = _retriever(instance, inputs)
    made.operation, made.request_model = semconv.RERANK, text(get(instance, "model"))
    return made


def _step(inputs: Mapping[str, Any]) -> Invocation:
    return Invocation(content={semconv.INPUT: messages.value(inputs)})


_ASKED = {"Generator": _generator, "Embedder": _embedder, "Retriever": _retriever, "Ranker": _ranker}
