"""The handler that listens to LangChain. Imported when LangChain makes its first callback manager, not before.

It is one of LangChain's tracers by class, so that it is shown what a node's `TracePolicy` lets tracers see, and none of
what they keep. It runs inline: in the thread or task of what it is told of.
"""

from __future__ import annotations

from typing import Any

from langchain_core.tracers.base import BaseTracer

from tracekit.sdk.runs import Runs
from tracekit_integrations import _langchain_chat as chat
from tracekit_integrations import _langchain_runs as steps


def make(runs: Runs) -> Any:
    """The handler of these runs."""
    begin, end, fail = runs.begin, runs.end, runs.fail(steps.step_steered)

    class TracekitHandler(BaseTracer):
        """Tells tracekit of every run."""

        run_inline = True

        ignore_retry: Any = True
        ignore_custom_event: Any = True

        def _persist_run(self, run: Any) -> None:
            """Nothing is kept here."""

        on_chat_model_start = begin(chat.chat_begun, chat.Pieces)
        on_llm_start = begin(chat.text_begun, chat.Pieces)
        on_llm_new_token = runs.piece(chat.piece)
        on_stream_event = runs.piece(chat.piece)
        on_llm_end = end(chat.model_ended)
        on_chain_start = begin(steps.step_begun)
        on_chain_end = end(steps.step_ended)
        on_tool_start = begin(steps.tool_begun)
        on_tool_end = end(steps.tool_ended)
        on_retriever_start = begin(steps.retriever_begun)
        on_retriever_end = end(steps.retriever_ended)
        on_llm_error = on_chain_error = on_tool_error = on_retriever_error = fail

    return TracekitHandler()
