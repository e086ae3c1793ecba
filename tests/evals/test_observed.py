"""What a row's trace tells is what the store says of the same spans, column by column; and what is made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import openai
import pytest

import tracekit
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.collector.charges import Charges
from tracekit.demo.record import record
from tracekit.demo.server import ModelServer
from tracekit.evals import spans, stored
from tracekit.evals.journaled import Journals
from tracekit.evals.observed import conversation, documents, tool_calls, with_trace
from tracekit.evals.row import Row, ToolCall
from tracekit.model import RawSpan
from tracekit.query.source import open_source
from tracekit.sdk import uninstrument
from tracekit.sdk.runtime import runtime


@pytest.fixture
def journals(data_dir: Path) -> Iterator[Journals]:
    tracekit.autolog()
    assert runtime.writer is not None
    read = Journals(runtime.writer.directory)
    yield read
    read.close()
    uninstrument()


def traced(journals: Journals, name: str, work: Callable[[tracekit.SpanHandle], object]) -> tuple[dict[str, Any], ...]:
    with tracekit.span(name) as span:
        journals.watch(span.trace_id)
        work(span)
    return journals.take(span.trace_id)


def of_store(data_dir: Path, trace_id: str) -> list[dict[str, Any]]:
    with open_source(data_dir) as source:
        return stored.spans_of(source, [trace_id])[trace_id]


def program(span: tracekit.SpanHandle) -> None:
    span.set_output({"answer": 42, "at": [1, 2.5, None]})
    with tracekit.span("search", kind="retriever", input="bikes") as search:
        search.set_documents([{"id": "d1", "content": "one", "score": 0.5}, {"id": "d2", "content": "two"}])
    with tracekit.span("weather", kind="tool", input='{"place": "Bregenz"}') as tool:
        tool.set_output("rain")
    with tracekit.span("plain", input="{not json") as plain:
        plain.set_output(7)
    with pytest.raises(ValueError, match="no"), tracekit.span("fails", kind="agent"):
        raise ValueError("no")


def test_rows_of_the_view_are_those_of_the_store(journals: Journals, data_dir: Path) -> None:
    found = traced(journals, "root", program)

    assert list(found) == of_store(data_dir, found[0]["trace_id"])
    assert [span["name"] for span in found] == ["root", "search", "weather", "plain", "fails"]


def test_model_calls_are_counted_once_as_the_store_counts_them(journals: Journals, data_dir: Path) -> None:
    with ModelServer(pace=0) as server, openai.OpenAI(base_url=server.url, api_key="none") as client:

        def ask(_: tracekit.SpanHandle) -> None:
            with tracekit.span("again", kind="llm") as outer:  # another instrumentor's view of the same call
                outer.set_attribute(semconv.REQUEST_MODEL, "gpt-4o-mini")
                outer.set_attribute(semconv.USAGE_INPUT_TOKENS, 9)
                outer.set_attribute(semconv.USAGE_OUTPUT_TOKENS, 3)
                outer.set_attribute(semconv.PROVIDER, "openai")
                client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])
            client.embeddings.create(model="text-embedding-3-small", input="Hello")

        found = traced(journals, "root", ask)

    assert list(found) == of_store(data_dir, found[0]["trace_id"])
    assert sum(span["twin_of"] is not None for span in found) == 1
    paid = spans.spent(found)
    assert (paid.calls, paid.unpriced) == (2, 0)
    assert paid.known_usd == pytest.approx(sum(span["cost_usd"] for span in found if span["counted"]))


def test_every_trace_of_a_realistic_session_is_as_the_store_has_it(tmp_path: Path) -> None:
    record(tmp_path, pace=0)
    raws: dict[str, list[RawSpan]] = {}
    for raw in journaled(tmp_path).ended:
        raws.setdefault(raw.trace_id, []).append(raw)

    charge = Charges(None)
    found = {trace_id: list(spans.rows(told, charge)) for trace_id, told in raws.items()}

    with open_source(tmp_path) as source:
        assert found == stored.spans_of(source, list(found))
    assert sum(map(len, found.values())) > 30
    assert any(span["documents"] for rows in found.values() for span in rows)


def span(number: int, kind: str, **fields: Any) -> dict[str, Any]:
    names = (
        "parent_span_id", "documents", "tool_name", "tool_arguments", "tool_call_id", "twin_of", "input_messages",
        "output_messages", "end_time",
    )  # fmt: skip
    return {
        "span_id": str(number), "kind": kind, "name": f"{kind} {number}", "start_time": number,
        **dict.fromkeys(names), **fields,
    }  # fmt: skip


def test_documents_come_once_in_the_order_they_were_found() -> None:
    one, two, three = ({"id": str(number), "content": f"text {number}"} for number in range(3))
    found = [span(1, "retriever", documents=[one, two]), span(2, "retriever", documents=[two, three])]

    row = with_trace(Row(contexts=("old",)), found)

    assert row.contexts == ("text 0", "text 1", "text 2")
    assert row.retrieved == ("0", "1", "2")
    assert row.spans == tuple(found)


def test_a_retriever_within_a_retriever_is_not_asked() -> None:
    inner, outer = {"content": "inner"}, {"content": "outer"}
    found = [
        span(1, "retriever", documents=[outer]),
        span(2, "chain", parent_span_id="1"),
        span(3, "retriever", documents=[inner], parent_span_id="2"),
    ]
    assert documents(found) == [outer]


def test_what_a_reranker_left_stands_for_what_was_found() -> None:
    found = [
        span(1, "retriever", documents=[{"content": "a"}, {"content": "b"}]),
        span(2, "reranker", documents=[{"content": "b"}]),
    ]
    assert documents(found) == [{"content": "b"}]


def test_a_call_that_is_asked_for_and_made_is_one() -> None:
    asked = [
        {"type": "tool_call", "id": "c1", "name": "search", "arguments": {"q": 1}},
        {"type": "tool_call", "name": "weather", "arguments": {"place": "x"}},
        {"type": "tool_call", "id": "c3", "name": "never_made", "arguments": None},
    ]
    said = [{"role": "assistant", "parts": asked, "finish_reason": "tool_calls"}]
    found = [
        span(1, "llm", output_messages=said, end_time=2),
        span(3, "tool", tool_name="search", tool_call_id="c1", tool_arguments={"q": 1}),
        span(4, "tool", tool_name="weather", tool_arguments={"place": "x"}),
        span(5, "llm", output_messages=said, end_time=6, twin_of="1"),
    ]
    assert tool_calls(found) == (
        ToolCall("never_made"), ToolCall("search", {"q": 1}), ToolCall("weather", {"place": "x"}),
    )  # fmt: skip


def test_the_conversation_is_that_of_the_last_model_and_fills_in_only() -> None:
    question: Mapping[str, Any] = {"role": "user", "parts": [{"type": "text", "content": "Why?"}]}
    answer: Mapping[str, Any] = {"role": "assistant", "parts": [{"type": "text", "content": "So."}]}
    found = [span(1, "llm", input_messages=[question], output_messages=[answer])]

    assert conversation(found) == (question, answer)
    assert with_trace(Row(), found).messages == (question, answer)
    assert with_trace(Row(messages=({"role": "user"},)), found).messages == ({"role": "user"},)


def test_a_trace_that_tells_nothing_changes_nothing() -> None:
    row = Row(contexts=("given",), retrieved=("g",), tool_calls=(ToolCall("t"),))
    told = with_trace(row, [span(1, "chain")])
    assert (told.contexts, told.retrieved, told.tool_calls, told.messages) == (
        ("given",),
        ("g",),
        (ToolCall("t"),),
        None,
    )
    assert json.dumps(told.spans, default=str)
