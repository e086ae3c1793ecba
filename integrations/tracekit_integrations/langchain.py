"""LangChain and LangGraph, by LangChain's own callbacks: one handler in every callback manager, and so in every run.

Runs stand beneath each other as LangChain says by their ids. Beneath a run stands whatever else is recorded of its
work: the client's call that a chat model makes, the functions that a tool calls. Embeddings have no callbacks in
LangChain; the clients beneath them are recorded.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tracekit.sdk.integration import Hook, Integration, Wrapper
from tracekit.sdk.registry import instrumentor
from tracekit.sdk.runs import Runs
from tracekit_integrations import _langchain_runs as steps
from tracekit_integrations._values import get, items

_runs = Runs("langchain", key=steps.key, parent=steps.parent, is_failure=steps.is_failure)


@cache
def _handler() -> Any:
    from tracekit_integrations import _langchain_handler  # noqa: PLC0415 - imports LangChain, which must be there

    return _langchain_handler.make(_runs)


def _listen(manager: Any) -> None:
    """Put the handler into a manager that runs are begun by, once and first; runs beneath inherit it."""
    if hasattr(manager, "on_custom_event"):  # not that of a graph's own events
        if _handler() not in manager.handlers:
            manager.handlers = [_handler(), *manager.handlers]
        if _handler() not in manager.inheritable_handlers:
            manager.inheritable_handlers = [_handler(), *manager.inheritable_handlers]


def _of_config(config: Any, *_: Any, **_more: Any) -> Any:
    """The run that a runnable's configuration puts its children beneath."""
    return get(get(config, "callbacks"), "parent_run_id")


def _of_manager(*_: Any, run_manager: Any = None, **_more: Any) -> Any:
    """The run of a model's own function."""
    return get(run_manager, "run_id")


def _of_managers(_prompts: Any, _stop: Any, run_managers: Any, **_more: Any) -> Any:
    """The first run of a function that answers several prompts at once."""
    return next((get(manager, "run_id") for manager in items(run_managers)), None)


_MODELS = "langchain_core.language_models"
_WITHIN: dict[str, Wrapper] = {
    f"{_MODELS}.chat_models:BaseChatModel._generate_with_cache": _runs.within(_of_manager),
    f"{_MODELS}.chat_models:BaseChatModel._agenerate_with_cache": _runs.within_async(_of_manager),
    f"{_MODELS}.chat_models:BaseChatModel.stream": _runs.within_steps(),
    f"{_MODELS}.chat_models:BaseChatModel.astream": _runs.within_async_steps(),
    f"{_MODELS}.chat_models:BaseChatModel._iter_v2_events": _runs.within_steps(_of_manager),
    f"{_MODELS}.chat_models:BaseChatModel._aiter_v2_events": _runs.within_async_steps(_of_manager),
    f"{_MODELS}.llms:BaseLLM._generate_helper": _runs.within(_of_managers),
    f"{_MODELS}.llms:BaseLLM._agenerate_helper": _runs.within_async(_of_managers),
    f"{_MODELS}.llms:BaseLLM.stream": _runs.within_steps(),
    f"{_MODELS}.llms:BaseLLM.astream": _runs.within_async_steps(),
    "langchain_core.retrievers:BaseRetriever.invoke": _runs.within(),
    "langchain_core.retrievers:BaseRetriever.ainvoke": _runs.within_async(),
    "langchain_core.tools.base:BaseTool.run": _runs.within(),
    "langchain_core.tools.base:BaseTool.arun": _runs.within_async(),
}
"""Calls within which a run works, so that what they call in turn is recorded beneath it."""
_EVENTS: dict[str, Wrapper] = {
    "langchain_core.callbacks.manager:handle_event": _runs.telling(),
    "langchain_core.callbacks.manager:ahandle_event": _runs.telling_async(),
    "langchain_core.callbacks.manager:AsyncCallbackManager.on_chat_model_start": _runs.telling_async(),
    "langchain_core.callbacks.manager:AsyncCallbackManager.on_llm_start": _runs.telling_async(),
}
"""What tells the handlers of a run, us first: what other tracers make of its beginning stands in the same trace."""
_HOOKS: dict[str, Wrapper] = {
    "langchain_core.callbacks.base:BaseCallbackManager.__init__": _runs.after(_listen),
    "langchain_core.runnables.config:_set_config_context": _runs.entered(_of_config),
    "langgraph._internal._runnable:_set_config_context": _runs.entered(_of_config),
    **_EVENTS,
    **_WITHIN,
}


def _hook(place: str, wrapper: Wrapper) -> Hook:
    module, _, attribute = place.partition(":")
    return Hook(module=module, attribute=attribute, wrapper=wrapper)


integration = Integration(
    name="langchain",
    package="langchain_core",
    distribution="langchain-core",
    versions=">=0.3,<2",
    tested=("0.3.86", "1.0.0", "1.7.2", "1.8.3"),
    hooks=tuple(map(_hook, _HOOKS, _HOOKS.values())),
    runs=_runs,
)

LangchainInstrumentor = instrumentor(integration)
