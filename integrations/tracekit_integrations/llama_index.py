"""LlamaIndex, by its instrumentation dispatcher, which every one of its spans goes through, whatever handlers it has.

Spans stand beneath each other as the dispatcher says by their ids, across tasks and threads. A model's stream is read
where the program reads it: there our generator stands around LlamaIndex's own, so that the client's call beneath is
beneath, and the span ends when the stream does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tracekit.sdk.integration import Hook, Integration
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.runs import Runs
from tracekit_integrations import _llama_index_runs as steps

_runs = Runs("llama_index", key=steps.key, parent=steps.parent, is_failure=steps.is_failure)
_begin = _runs.begin(steps.begun, steps.Pieces, steps.holds)
_end = _runs.end(steps.ended, steps.rest)
_fail = _runs.fail(steps.steered)


def _entered(
    id_: str, bound_args: Any, instance: Any = None, parent_id: str | None = None, *_: Any, **_more: Any
) -> Any:
    return partial(_begin, None, id_=id_, bound_args=bound_args, instance=instance, parent_id=parent_id)


def _exited(id_: str, _bound: Any = None, instance: Any = None, result: Any = None, **_more: Any) -> Any:
    return partial(_end, None, id_=id_, instance=instance, result=result)


def _dropped(id_: str, _bound: Any = None, _of: Any = None, err: BaseException | None = None, **_more: Any) -> Any:
    return None if err is None else partial(_fail, None, err, id_=id_)


_TELLING: dict[str, Callable[..., Any]] = {"span_enter": _entered, "span_exit": _exited, "span_drop": _dropped}
_READ = {
    "stream_chat": _runs.within(reads=True),
    "astream_chat": _runs.within_async(reads=True),
    "stream_complete": _runs.within(reads=True),
    "astream_complete": _runs.within_async(reads=True),
    "stream": _runs.within(reads=True),
    "astream": _runs.within_async(reads=True),
}
"""Methods of models that give streams, wherever a class of LlamaIndex's or of the program's has its own."""


def _hooks() -> tuple[Hook, ...]:
    telling = [
        Hook(module="llama_index_instrumentation.dispatcher", attribute=f"Dispatcher.{name}", wrapper=_runs.told(say))
        for name, say in _TELLING.items()
    ]
    reading = [
        Hook(module="llama_index.core.llms.llm", attribute=f"BaseLLM.{name}", wrapper=wrapper, kin=True)
        for name, wrapper in _READ.items()
    ]
    return (*telling, *reading)


integration = Integration(
    name="llama_index",
    package="llama_index",
    distribution="llama-index-core",
    versions=">=0.14,<0.15",
    tested=("0.14.25",),
    hooks=_hooks(),
    runs=_runs,
)

LlamaIndexInstrumentor = instrumentor(integration)
