"""DSPy: modules, adapters, language models, tools, retrievers, evaluations, at the methods that tell its callbacks.

The program's callbacks and settings are its own: none is put there. A language model's tokens are what it puts into its
history; what DSPy answers from its cache has none. Where it asks by way of LiteLLM, that call is recorded beneath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Response
from tracekit.sdk.asides import tells
from tracekit.sdk.integration import Hook, Integration, Method, Target
from tracekit.sdk.registry import instrumentor
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _parts as parts
from tracekit_integrations._litellm_request import asked
from tracekit_integrations._litellm_response import own_id, usage
from tracekit_integrations._values import get, items, plain, text

_AGENTS = frozenset({"ReAct", "CodeAct"})
"""Modules that call tools until they know enough."""
_chat = asked(chat.request)


def _data(value: Any) -> Any:
    """A prediction or an example as data."""
    fields = getattr(value, "toDict", None)
    return plain(value if fields is None else fields())


def _module_request(call: Call) -> Invocation:
    """A module is called."""
    name = type(call.instance).__name__
    made = Invocation(operation=semconv.INVOKE_AGENT if name in _AGENTS else None, name=name)
    if name in _AGENTS:
        made.attributes[semconv.AGENT_NAME] = name
    made.content[semconv.INPUT] = {each: _data(value) for each, value in call.kwargs.items()}
    return made


def _adapter_request(call: Call) -> Invocation:
    """An adapter makes a prompt, asks the model and reads the answer: `(lm, lm_kwargs, signature, demos, inputs)`."""
    given = call.args[-1] if call.args else call.kwargs.get("inputs")
    return Invocation(name=type(call.instance).__name__, content={semconv.INPUT: plain(given)})


def _step_response(reply: Any) -> Response:
    return Response(content={semconv.OUTPUT: _data(reply)})


def _model_request(call: Call) -> Invocation | None:
    """A language model is asked, by a prompt or by messages."""
    prompt = call.args[0] if call.args else call.kwargs.get("prompt")
    said = call.kwargs.get("messages") or ([{"role": "user", "content": prompt}] if text(prompt) else None)
    lm = call.instance
    given = {"model": lm.model, **lm.kwargs, **call.kwargs, "messages": said}
    made = _chat(Call(instance=None, args=(), kwargs=given))
    if made is not None and lm.model_type == "text":
        made.operation = semconv.TEXT_COMPLETION
    return made


def _model_response(reply: Any) -> Response:
    """Its answers: texts, or texts among what else the model gave."""
    return Response(output_messages=[_answer(answer) for answer in items(reply)] or None)


def _processed(response: Any, *_: Any, **_more: Any) -> Response:
    """The provider's response in OpenAI's shape, as up to version 3.3 and LiteLLM give it."""
    if getattr(response, "cache_hit", False):
        return _cached()
    made = Response(response_model=text(get(response, "model")), response_id=own_id(text(get(response, "id"))))
    made.usage = usage(get(response, "usage"))
    return made


def _finalized(_lm: Any, _call: Any, result: Any) -> Response:
    """A result with the responses that it is made of."""
    if result.cache_hit:
        return _cached()
    ids = [told for each in items(result.responses) if (told := text(get(each, "id")))]
    made = Response(response_model=text(result.response_model), usage=usage(result.usage or None))
    made.response_id = ids[0] if len(ids) == 1 else own_id(text(get(result.raw, "id")))
    return made


def _cached() -> Response:
    return Response(attributes={f"{semconv.METADATA_PREFIX}dspy_cache_hit": True})


def _answer(answer: Any) -> Message:
    words = text(answer) or text(get(answer, "text"))
    thoughts, calls = text(get(answer, "reasoning_content")), items(get(answer, "tool_calls"))
    said = [
        *([parts.reasoning_part(thoughts)] if thoughts else ()),
        *([parts.text_part(words)] if words else ()),
        *map(chat.tool_call, calls),
    ]
    return parts.reply(said, parts.UNKNOWN)


def _tool_request(call: Call) -> Invocation:
    """A tool is called."""
    name, description = str(call.instance.name), text(call.instance.desc)
    made = Invocation(operation=semconv.EXECUTE_TOOL, name=name, attributes={semconv.TOOL_NAME: name})
    if description is not None:
        made.attributes[semconv.TOOL_DESCRIPTION] = description
    made.content[semconv.TOOL_CALL_ARGUMENTS] = plain(call.kwargs)
    return made


def _tool_response(reply: Any) -> Response:
    return Response(content={semconv.TOOL_CALL_RESULT: plain(reply)})


def _retriever_request(call: Call) -> Invocation:
    """A retriever is asked."""
    query = call.args[0] if call.args else call.kwargs.get("query")
    content = {semconv.RETRIEVAL_QUERY: plain(query)}
    return Invocation(operation=semconv.RETRIEVAL, name=type(call.instance).__name__, content=content)


def _retriever_response(reply: Any) -> Response:
    """The passages, best first; their numbers in the corpus where the retriever tells them."""
    numbers = items(get(reply, "indices"))
    found: list[dict[str, Any]] = [{"content": plain(passage)} for passage in items(get(reply, "passages"))]
    for document, number in zip(found, numbers, strict=False):
        document["id"] = str(number)
    return Response(content={semconv.RETRIEVAL_DOCUMENTS: found or None})


def _evaluation_request(call: Call) -> Invocation:
    """A program is tried on examples: each run of it stands beneath."""
    program = call.args[0] if call.args else call.kwargs.get("program")
    return Invocation(name=f"Evaluate {type(program).__name__}")


def _score(reply: Any) -> Response:
    return Response(content={semconv.OUTPUT: {"score": plain(get(reply, "score"))}})


_RETRIEVER = Method(request=_retriever_request, response=_retriever_response, nests=True)
_STEPS: dict[str, tuple[Method, bool]] = {
    "primitives.module:Module": (Method(request=_module_request, response=_step_response, nests=True), True),
    "adapters.base:Adapter": (Method(request=_adapter_request, response=_step_response, nests=True), True),
    "clients.base_lm:BaseLM": (Method(request=_model_request, response=_model_response, nests=True), True),
    "adapters.types.tool:Tool": (Method(request=_tool_request, response=_tool_response, nests=True), True),
    "retrievers.retrieve:Retrieve": (_RETRIEVER, False),
    "retrievers.embeddings:Embeddings": (_RETRIEVER, False),
    "evaluate.evaluate:Evaluate": (Method(request=_evaluation_request, response=_score, nests=True), False),
}
"""By class: how a call of its objects is understood, and whether they have the asynchronous `acall` too."""


_TOLD: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("base_lm", "BaseLM._process_lm_response", _processed),
    ("execution", "finalize", _finalized),
)
"""Where a language model's response is put into its history, by version."""


def _targets() -> tuple[Target, ...]:
    found: list[Target] = []
    for place, (method, awaited) in _STEPS.items():
        module, name = place.split(":")
        where = f"dspy.{module}"
        found.append(Target(module=where, attribute=f"{name}.__call__", method=method))
        if awaited:
            found.append(Target(module=where, attribute=f"{name}.acall", method=method, is_async=True))
    return tuple(found)


integration = Integration(
    name="dspy",
    package="dspy",
    distribution="dspy",
    versions=">=3,<4",
    tested=("3.0.4", "3.4.1"),
    targets=_targets(),
    hooks=tuple(
        Hook(module=f"dspy.clients.{module}", attribute=attribute, wrapper=tells(describe), everywhere=False)
        for module, attribute, describe in _TOLD
    ),
)

DspyInstrumentor = instrumentor(integration)
