"""Log records and data points become rows, and content that came in logs stands in its span whichever came first."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from tests.support import corpus, otlp
from tests.support.otlp import text
from tracekit.collector.ingest import Ingest
from tracekit.collector.rederive import Rederiver
from tracekit.errors import DecodeError
from tracekit.journal import records
from tracekit.journal.writer import JournalWriter
from tracekit.otlp import decode
from tracekit.store import Position, Store

Record = tuple[bytes, bytes]
VIEWS = ("spans", "traces", "messages", "logs")
CASES = sorted({path.parent for path in corpus.files("otlp-samples/*/*/logs-*.pb")})
SCOPE = InstrumentationScope(name="opentelemetry.instrumentation.openai_v2")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[JournalWriter]:
    made = JournalWriter(tmp_path / "journal")
    yield made
    made.close()


@pytest.fixture
def ingest(tmp_path: Path, store: Store) -> Ingest:
    return Ingest(tmp_path / "journal", store)


def of_spans(*found: Span) -> Record:
    scoped = ScopeSpans(scope=SCOPE, spans=found)
    return records.OTLP_TRACES, ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[scoped])]
    ).SerializeToString()


def of_logs(*found: LogRecord) -> Record:
    scoped = ScopeLogs(scope=SCOPE, log_records=found)
    return records.OTLP_LOGS, ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(scope_logs=[scoped])]
    ).SerializeToString()


def call(number: int = 1) -> Span:
    """A model call whose content is said in logs."""
    (made,) = otlp.spans(1, trace=number)
    said = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini"}
    made.attributes.extend(text(name, value) for name, value in said.items())
    made.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 13
    made.attributes.add(key="gen_ai.usage.output_tokens").value.int_value = 7
    return made


def message(of: Span, event: str, content: str, *, after_ns: int) -> LogRecord:
    made = LogRecord(
        trace_id=of.trace_id, span_id=of.span_id, event_name=event, time_unix_nano=of.start_time_unix_nano + after_ns
    )
    made.body.kvlist_value.values.extend([text("content", content)])
    return made


def conversation(of: Span) -> list[LogRecord]:
    made = [
        message(of, "gen_ai.system.message", "Be brief.", after_ns=1),
        message(of, "gen_ai.user.message", "Which way?", after_ns=2),
    ]
    choice = LogRecord(
        trace_id=of.trace_id, span_id=of.span_id, time_unix_nano=of.start_time_unix_nano + 3, event_name="gen_ai.choice"
    )
    members = choice.body.kvlist_value.values
    members.add(key="index").value.int_value = 0
    members.extend([text("finish_reason", "stop")])
    said = members.add(key="message").value.kvlist_value.values
    said.extend([text("role", "assistant"), text("content", "North.")])
    return [*made, choice]


def golden() -> list[Record]:
    """A call with three messages in logs, and the step of a program around it: a record each."""
    inner = call()
    (outer,) = otlp.spans(1, name="ride")
    outer.span_id, inner.parent_span_id = b"\x07" * 8, b"\x07" * 8
    return [of_spans(outer), of_spans(inner), *map(of_logs, conversation(inner))]


def recorded(case: Path) -> list[Record]:
    """The recorded requests of a case, cut to a record each."""
    found: list[Record] = []
    for path in sorted(case.glob("traces-*.pb")):
        for resource in ExportTraceServiceRequest.FromString(path.read_bytes()).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    alone = ScopeSpans(scope=scope.scope, spans=[span])
                    cut = ResourceSpans(resource=resource.resource, scope_spans=[alone])
                    request = ExportTraceServiceRequest(resource_spans=[cut])
                    found.append((records.OTLP_TRACES, request.SerializeToString()))
        corpus.ran(path)
    for path in sorted(case.glob("logs-*.pb")):
        for resource in ExportLogsServiceRequest.FromString(path.read_bytes()).resource_logs:
            for scope in resource.scope_logs:
                for log in scope.log_records:
                    alone = ScopeLogs(scope=scope.scope, log_records=[log])
                    cut = ResourceLogs(resource=resource.resource, scope_logs=[alone])
                    request = ExportLogsServiceRequest(resource_logs=[cut])
                    found.append((records.OTLP_LOGS, request.SerializeToString()))
        corpus.ran(path)
    return found


def traces_of(found: Iterable[Record]) -> list[bytes]:
    """The ids of the traces that records cut to one span each are of."""
    requests = [ExportTraceServiceRequest.FromString(body) for kind, body in found if kind == records.OTLP_TRACES]
    return sorted({request.resource_spans[0].scope_spans[0].spans[0].trace_id for request in requests})


def in_way(payload: bytes, own: list[bytes], way: int) -> bytes:
    """A record with ids that only this way has."""
    for place, trace in enumerate(own):
        payload = payload.replace(trace, _id(way, place))
    return payload


def _id(way: int, place: int) -> bytes:
    return (way * 16 + place + 1).to_bytes(16, "big")


def plans(count: int) -> list[list[list[int]]]:
    """Ways in which so many records may come: in which order, cut where, and with retries."""
    whole = list(range(count))
    found = [[whole], [whole[::-1]], [whole, whole]]
    if count <= 5:
        found += [[[number] for number in order] for order in permutations(whole)]
    draw = random.Random(count)
    for _ in range(12):
        order = draw.sample(whole, count)
        cuts = sorted(draw.sample(range(1, count), draw.randrange(min(3, count))))
        plan = [order[start:end] for start, end in zip([0, *cuts], [*cuts, count], strict=True)]
        found.append([[*part, *draw.sample(whole[:1] + part, 1)] for part in plan])
    return found


def rows_by_way(store: Store, ways: int) -> list[dict[str, list[str]]]:
    """All that the views show of each way, a JSON text a row; traces are named by their place in it."""
    found: list[dict[str, list[str]]] = [{view: [] for view in VIEWS} for _ in range(ways)]
    for view in VIEWS:
        result = store.sql(f"FROM {view}")
        decodes = [json.loads if kind == "JSON" else None for kind in result.types]
        for values in result.rows:
            row: dict[str, Any] = {
                name: decode(value) if decode and value is not None else value
                for name, value, decode in zip(result.columns, values, decodes, strict=True)
            }
            way, row["trace_id"] = divmod(int(row["trace_id"], 16) - 1, 16)
            found[way][view].append(json.dumps(row, sort_keys=True, default=str))
    return [{view: sorted(rows) for view, rows in one.items()} for one in found]


@pytest.mark.parametrize("case", [None, *CASES], ids=lambda case: "/".join(case.parts[-2:]) if case else "golden")
def test_rows_do_not_depend_on_order_or_cuts(
    store: Store, ingest: Ingest, writer: JournalWriter, case: Path | None
) -> None:
    """Every way is a trace of its own in one store, so that all of them take few transactions."""
    found = recorded(case) if case else golden()
    own = traces_of(found)
    ways = plans(len(found))
    for step in range(max(map(len, ways))):
        for number, way in enumerate(ways):
            for place in way[step] if step < len(way) else ():
                kind, payload = found[place]
                writer.append(kind, in_way(payload, own, number))
        ingest.fold()
    rows = rows_by_way(store, len(ways))
    assert rows[0]["messages"], rows[0]["spans"]
    for way, found_rows in zip(ways, rows, strict=True):
        assert found_rows == rows[0], way


def test_a_process_that_dies_before_it_joins_leaves_that_to_the_next(
    tmp_path: Path, store: Store, ingest: Ingest, writer: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Rederiver) -> int:
        raise KeyboardInterrupt

    for record in golden():
        writer.append(*record)
    with monkeypatch.context() as patched:
        patched.setattr(Rederiver, "join_logs", die)
        with pytest.raises(KeyboardInterrupt):
            ingest.step()
    assert store.sql("SELECT count(*) FROM spans").rows == [(2,)]
    assert store.sql("SELECT count(*) FROM messages").rows == [(0,)]
    Ingest(tmp_path / "journal", store).fold()
    assert store.sql("SELECT role, text FROM messages ORDER BY direction, position").rows == [
        ("system", "Be brief."),
        ("user", "Which way?"),
        ("assistant", "North."),
    ]
    assert store.sql("SELECT input_preview, output_preview, cost_usd > 0 FROM traces").rows == [
        ("Which way?", "North.", True)
    ]


def test_other_records_are_kept_and_joined_to_nothing(store: Store, ingest: Ingest, writer: JournalWriter) -> None:
    spoken = call()
    plain = message(spoken, "app.started", "at last", after_ns=1)
    nowhere = message(call(9), "gen_ai.user.message", "whose?", after_ns=1)
    lone = LogRecord(observed_time_unix_nano=otlp.START, severity_text="warning")
    for record in (of_spans(spoken), of_logs(plain, nowhere, lone)):
        writer.append(*record)
    ingest.fold()
    rows = store.sql("SELECT event_name, severity, time = observed_time FROM logs ORDER BY event_name NULLS LAST").rows
    assert rows == [("app.started", None, None), ("gen_ai.user.message", None, None), (None, "warning", True)]
    assert store.sql("SELECT count(*) FROM messages").rows == [(0,)]
    assert store.sql("SELECT stored, count(*) FROM internal.unread_logs GROUP BY stored").rows == [(False, 1)]


@pytest.mark.parametrize("seed", range(4))
def test_no_body_however_mangled_raises_anything_else_than_that_it_is_none(seed: int) -> None:
    draw = random.Random(seed)
    (_, body) = of_logs(*conversation(call()))
    said = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "x"}}]}]}]}).encode()
    for number in range(500):
        mangled = bytearray(said if number % 2 else body)
        for _ in range(draw.randrange(1, 6)):
            mangled[draw.randrange(len(mangled))] = draw.randrange(256)
        for read in (decode.logs, decode.metrics):
            with contextlib.suppress(DecodeError):
                read(bytes(mangled), json=bool(number % 2))


@pytest.mark.skipif(not CASES, reason="no corpus")
def test_what_this_version_stored_reads_the_same_from_its_raw_form(
    store: Store, ingest: Ingest, writer: JournalWriter
) -> None:
    """Every recorded emitter: attributes, events, status and kind come back whole, so nothing is derived otherwise."""
    for path in corpus.files("otlp-samples/*/*/*.pb"):
        kind = {"traces": records.OTLP_TRACES, "logs": records.OTLP_LOGS}.get(path.name.split("-")[0])
        if kind is not None:
            writer.append(kind, path.read_bytes())
            corpus.ran(path)
    ingest.fold()
    before = {view: sorted(map(repr, store.sql(f"FROM {view}").rows)) for view in VIEWS}
    done, seen = ingest.reindex(Position()), 0
    while done.position is not None:
        assert (done.changed, done.failed) == (0, 0)
        seen += done.same
        done = ingest.reindex(done.position)
    assert seen == len(before["spans"]) > 150
    assert {view: sorted(map(repr, store.sql(f"FROM {view}").rows)) for view in VIEWS} == before
