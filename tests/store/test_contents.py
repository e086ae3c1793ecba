"""Content is stored once, and `attributes` shows every attribute as it came all the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.spans import BASE_NS
from tests.support.stores import new_store
from tracekit import semconv as sc
from tracekit.dialects import canonical
from tracekit.model import RawSpan
from tracekit.store import Batch, Store
from tracekit.store.duckdb import open_store, opening

MESSAGES = [{"role": "user", "parts": [{"type": "text", "content": 'say "hé"\n\u202e'}]}]
CALL = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": '{"a": 1}'}]}]

CONTENT: list[Mapping[str, Any]] = [
    {sc.INPUT_MESSAGES: MESSAGES, sc.OUTPUT_MESSAGES: MESSAGES, "other": 1},
    {sc.INPUT_MESSAGES: json.dumps(MESSAGES, ensure_ascii=False), sc.OUTPUT_MESSAGES: json.dumps(MESSAGES, indent=1)},
    {sc.INPUT_MESSAGES: json.dumps(MESSAGES[0])},  # one message that is in no list
    {sc.INPUT_MESSAGES: json.dumps(json.dumps(MESSAGES))},  # encoded twice
    {sc.OUTPUT_MESSAGES: CALL},
    {sc.OUTPUT_MESSAGES: json.dumps(CALL)},
    {sc.INPUT_MESSAGES: "no JSON", sc.OUTPUT_MESSAGES: "[broken"},
    {sc.SYSTEM_INSTRUCTIONS: "plain text"},
    {sc.SYSTEM_INSTRUCTIONS: [{"type": "text", "content": "a"}], sc.TOOL_DEFINITIONS: '[{"name": "f"}]'},
    {sc.INPUT: "", sc.OUTPUT: "null"},
    {sc.INPUT: 'a "quoted" text', sc.OUTPUT: {"structured": [1, None, {"x": None}]}},
    {sc.INPUT: '{"a":  1}', sc.OUTPUT: '"a JSON text"'},
    {sc.INPUT: 0, sc.OUTPUT: False},
    {sc.INPUT: None, sc.OUTPUT: 1.5},
    {sc.TOOL_CALL_ARGUMENTS: {"city": "Ulm"}, sc.TOOL_CALL_RESULT: "sunny"},
    {sc.TOOL_CALL_ARGUMENTS: ' {"city": "Ulm"} ', sc.TOOL_CALL_RESULT: "3"},
    {sc.RETRIEVAL_QUERY: "which bike?", sc.RETRIEVAL_DOCUMENTS: '[{"id": "1"}]'},
    {sc.INPUT_MESSAGES: '[{"role": "user", "parts": [{"content": "half \\ud83d, pair \\ud83d\\ude00"}]}]'},
    {sc.TOOL_CALL_ARGUMENTS: '{"limit": NaN, "most": -Infinity, "large": 1e999, "long": 123456789012345678901234}'},
    {sc.OUTPUT: '{"nul": "\\u0000"}', "nul": "\x00"},
    {},
]


@pytest.mark.parametrize("ended", [True, False])
def test_every_attribute_is_shown_as_it_came(store: Store, *, ended: bool) -> None:
    said = [{sc.OPERATION: sc.CHAT, **attributes} for attributes in CONTENT]
    spans = [canonical(_raw(one, number, ended=ended)) for number, one in enumerate(said)]
    store.commit(Batch(spans=spans) if ended else Batch(opened={"j": spans}))
    rows = store.sql("SELECT attributes, tool_arguments, input_messages FROM spans ORDER BY span_id").rows
    assert [json.loads(attributes) for attributes, *_ in rows] == [json.loads(json.dumps(one)) for one in said]
    for row in rows:
        for text in row:
            json.loads(text or "null", parse_constant=pytest.fail)
    store.sql("SELECT * FROM messages")


@pytest.mark.parametrize("form", [list, json.dumps])
def test_content_lies_in_the_file_once(tmp_path: Path, form: Any) -> None:
    words = " ".join(f"{number * 7919:x}" for number in range(50_000))  # compresses badly
    path = tmp_path / "t.duckdb"
    store = new_store(path)
    messages = [{"role": "user", "parts": [{"type": "text", "content": words}]}]
    store.commit(Batch(spans=[canonical(_raw({sc.OPERATION: sc.CHAT, sc.INPUT_MESSAGES: form(messages)}))]))
    stored = one(store, "SELECT length(attributes::VARCHAR) FROM internal.spans")
    assert one(store, "SELECT length(attributes::VARCHAR) FROM spans") > len(words) > 100 * stored
    store.close()


def test_rows_of_the_first_schema_are_shown_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.duckdb"
    first = opening.migrations()[:1]
    with monkeypatch.context() as patched:
        patched.setattr(opening, "migrations", lambda: first)
        opening.release(path, opening.connect(path))
    said = {"a": 1, sc.INPUT_MESSAGES: "[]"}
    with duckdb.connect(path) as connection:
        for table in ("spans", "open_spans"):
            connection.execute(
                f"INSERT INTO internal.{table} (trace_id, span_id, name, kind, start_time, start_ns, status, counted, "
                "attributes, input_messages) VALUES (?, ?, 'n', 'llm', now(), 1, 'ok', false, ?, '[]')",
                ["a" * 32, table, json.dumps(said)],
            )
    store = open_store(path)
    rows = store.sql("SELECT attributes, outcome FROM spans").rows
    assert [(json.loads(attributes), outcome) for attributes, outcome in rows] == [(said, None)] * 2
    store.close()


def one(store: Store, query: str) -> Any:
    [[value]] = store.sql(query).rows
    return value


def _raw(attributes: dict[str, Any], number: int = 0, *, ended: bool = True) -> RawSpan:
    return RawSpan(
        trace_id="a" * 32, span_id=f"{number:016x}", parent_span_id=None, name="n", start_ns=BASE_NS,
        end_ns=BASE_NS + 1 if ended else None, attributes=attributes,
    )  # fmt: skip
