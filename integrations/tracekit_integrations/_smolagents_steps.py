"""smolagents' agents, their steps and plans, tools and code. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations._values import bound, get, items, plain, text


def agent(call: Call) -> Invocation:
    """An agent begins to run."""
    name = text(get(call.instance, "name")) or type(call.instance).__name__
    asked = bound(("task", "max_steps", "images"), call.args, call.kwargs)
    made = Invocation(
        operation=semconv.INVOKE_AGENT,
        name=name,
        attributes={semconv.AGENT_NAME: name},
        content={semconv.INPUT: asked.get("task")},
    )
    if items(asked.get("images")):
        made.attributes[f"{semconv.METADATA_PREFIX}images"] = len(asked["images"])
    return made


def step(call: Call) -> Invocation:
    """It takes a step."""
    return Invocation(name=f"step {get(bound(('memory_step',), call.args, call.kwargs)['memory_step'], 'step_number')}")


def plan(_call: Call) -> Invocation:
    """It makes a plan, or a new one."""
    return Invocation(operation=semconv.PLAN)


def last_answer(_call: Call) -> Invocation:
    """It has no steps left, and asks its model for an answer with what there is."""
    return Invocation(name="out of steps", attributes={f"{semconv.METADATA_PREFIX}stopped_by": "max_steps"})


def answered(reply: Any) -> Response:
    """The model's answer."""
    return said(get(reply, "content"))


def said(value: Any) -> Response:
    """What came of it."""
    return Response(content={semconv.OUTPUT: plain(value)})


class Answer:
    """The items of an agent's run: the last one is its answer."""

    __slots__ = ("_last",)
    _field = "output"
    _kind = "FinalAnswerStep"

    def __init__(self) -> None:
        self._last: Any = None

    def add(self, chunk: Any, /) -> None:
        """Take one item."""
        if type(chunk).__name__ == self._kind:
            self._last = get(chunk, self._field)

    def response(self) -> Response:
        """The answer, if there is one yet."""
        return said(self._last)


class Plan(Answer):
    """The items of a plan's making: the last one is the plan."""

    __slots__ = ()
    _field = "plan"
    _kind = "PlanningStep"


class Step:
    """The items of a step: calls that the model asks for, what they gave, what the step gives."""

    __slots__ = ("_calls", "_given", "_observed")

    def __init__(self) -> None:
        self._calls: list[dict[str, Any]] = []
        self._observed: list[dict[str, Any]] = []
        self._given: dict[str, Any] = {}

    def add(self, chunk: Any, /) -> None:
        """Take one item; words of the model are its call's."""
        kind = type(chunk).__name__
        if kind == "ToolCall":
            self._calls.append({name: plain(get(chunk, name)) for name in ("id", "name", "arguments")})
        elif kind == "ToolOutput":
            self._observed.append({name: plain(get(chunk, name)) for name in ("id", "observation")})
        elif kind == "ActionOutput":
            self._given = {name: plain(get(chunk, name)) for name in ("output", "is_final_answer")}

    def response(self) -> Response:
        """The step as far as it went."""
        return said({"tool_calls": self._calls, "observations": self._observed, **self._given})


def tool(call: Call) -> Invocation:
    """A tool is called, by an agent or by code that an agent wrote."""
    name, described = str(get(call.instance, "name")), text(get(call.instance, "description"))
    made = Invocation(operation=semconv.EXECUTE_TOOL, name=name, attributes={semconv.TOOL_NAME: name})
    if described is not None:
        made.attributes[semconv.TOOL_DESCRIPTION] = described
    taken = get(call.instance, "inputs") or {}
    asked = bound(tuple(taken), call.args, call.kwargs)
    asked.pop("sanitize_inputs_outputs", None)
    made.content[semconv.TOOL_CALL_ARGUMENTS] = plain(asked)
    return made


def result(value: Any) -> Response:
    """What a tool gave."""
    return Response(content={semconv.TOOL_CALL_RESULT: plain(value)})


def code(call: Call) -> Invocation:
    """Code that a model wrote is run."""
    name = "python_interpreter"
    asked = bound(("code_action",), call.args, call.kwargs)
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=name,
        attributes={semconv.TOOL_NAME: name},
        content={semconv.TOOL_CALL_ARGUMENTS: {"code": asked.get("code_action")}},
    )


def ran(output: Any) -> Response:
    """What it gave and printed."""
    return result({name: get(output, name) for name in ("output", "logs", "is_final_answer")})
