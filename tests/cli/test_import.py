"""Bundles and OTLP files, out of one store and into another: real commands, real files, a real `tracekit up`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.support import corpus, journals, otlp
from tests.support.commands import up
from tracekit.journal import records
from tracekit.journal.frame import pack
from tracekit.journal.writer import JournalWriter
from tracekit.model import Score, Span
from tracekit.query.source import open_source

Run = Callable[..., Ran]
VIEWS = {
    "spans": "FROM spans ORDER BY trace_id, span_id",
    "traces": "FROM traces ORDER BY trace_id",
    "messages": "FROM messages ORDER BY ALL",
    "scores": "FROM scores ORDER BY ALL",
    "logs": "FROM logs ORDER BY ALL",
    "metrics": "FROM metrics ORDER BY ALL",
}


def rows(directory: Path) -> dict[str, list[str]]:
    """Each view's rows as text, in which a NaN equals itself."""
    with open_source(directory) as source:
        return {view: list(map(repr, source.sql(query).rows)) for view, query in VIEWS.items()}


@pytest.fixture
def full(data_dir: Path) -> Path:
    """Every recorded emitter's spans, our own with content and scores, one left open, one cut off by a death."""
    writer = JournalWriter(data_dir / "journal")
    kinds = {"traces": records.OTLP_TRACES, "logs": records.OTLP_LOGS, "metrics": records.OTLP_METRICS}
    for path in corpus.files("otlp-samples/*/*/*.pb"):
        writer.append(kinds[path.name.partition("-")[0]], path.read_bytes())
        corpus.ran(path)
    gauge = {"name": "heat", "gauge": {"dataPoints": [{"timeUnixNano": "7", "asDouble": "NaN"}]}}
    point = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [gauge]}]}]})
    writer.append(records.OTLP_METRICS_JSON, point.encode())
    resource = writer.resource({"tracekit.project": "shop", "service.name": "web"})
    odd = {
        "tracekit.input": {"half": "\ud83d", "nan": float("nan"), "big": 1 << 60},
        "twice": '{"a": 1}',
        "gen_ai.tool.call.result": '{"a": 1}',
    }
    journals.end(writer, 1, resource=resource, **journals.chat(1, model="gpt-4o"))
    journals.end(
        writer,
        2,
        parent=1,
        resource=resource,
        attributes=odd,
        links=[{"trace_id": "1" * 32, "span_id": "2" * 16, "attributes": {}}],
    )
    for label in ("good", None):
        score = Score(
            trace_id=journals.TRACE, span_id=None, name="tone", value=0.1, label=label, created_ns=otlp.START + 1
        )
        writer.append(records.SCORE, records.score_record(score).encode())
    writer.close()
    cut_off = pack(records.SPAN_START, 2, journals.record(journals.span(998, ended=False)))
    (data_dir / "journal" / "of-the-dead.tkj").write_bytes(b"".join([*journals.frames(1), cut_off]))
    return data_dir


def test_a_bundle_gives_a_store_that_equals_the_original(run: Run, full: Path, tmp_path: Path) -> None:
    bundle, other = tmp_path / "all.zip", tmp_path / "other"
    with journals.live_writer(full / "journal", ended=2):  # one span is open all the while
        exported = json.loads(run("export", "--bundle", str(bundle), "--json").out)
        before = rows(full)
        done = json.loads(run("import", str(bundle), "--dir", str(other), "--json").out)
        outcomes = {outcome for (outcome,) in _sql(full, "SELECT DISTINCT outcome FROM spans")}
        assert outcomes >= {"complete", "interrupted", None}
        assert exported["spans"] == done["spans"] == done["new_spans"] == len(before["spans"])
        assert exported["scores"] == done["new_scores"] == 2
        assert rows(other) == before
        again = json.loads(run("import", str(bundle), "--dir", str(other), "--json").out)
        assert (again["new_spans"], again["new_scores"]) == (0, 0)
        assert rows(other) == before


def test_every_field_that_has_a_column_is_in_a_bundle(run: Run, recorded: Path, tmp_path: Path) -> None:
    run("export", "--bundle", str(tmp_path / "all.zip"))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        line = json.loads(archive.read("spans.ndjson").splitlines()[0])
    columns = {
        name
        for (name,) in _sql(
            recorded, "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'internal' AND table_name = 'spans'"
        )
    }
    origin = {"journal", "record"}  # of this store's own journals
    assert line.keys() == {"open", "carried"} | (columns & {field.name for field in fields(Span)}) - origin


def test_what_was_open_in_one_bundle_ends_with_a_later_one(run: Run, data_dir: Path, tmp_path: Path) -> None:
    first, second, other = tmp_path / "1.zip", tmp_path / "2.zip", tmp_path / "other"
    writer = JournalWriter(data_dir / "journal")
    journals.start(writer, 1)
    assert run("export", "--bundle", str(first)).code == 0
    journals.end(writer, 1)
    writer.close()
    assert run("export", "--bundle", str(second)).code == 0
    run("import", str(first), "--dir", str(other))
    [(outcome,)] = _sql(other, "SELECT outcome FROM spans")
    assert outcome is None
    run("import", str(second), "--dir", str(other))
    run("import", str(first), "--dir", str(other))
    assert rows(other) == rows(data_dir)


def test_a_running_up_exports_and_imports(run: Run, recorded: Path, tmp_path: Path) -> None:
    bundle, other = tmp_path / "all.zip", tmp_path / "other"
    with up("--dir", str(recorded), cwd=tmp_path), up("--dir", str(other), cwd=tmp_path):
        assert run("export", "--bundle", str(bundle)).code == 0
        assert json.loads(run("import", str(bundle), "--dir", str(other), "--json").out)["new_spans"] == 3
        assert rows(other) == rows(recorded)


@pytest.mark.parametrize(("form", "flags"), [("otlp-json", []), ("otlp-proto", ["--format", "otlp-proto"])])
def test_otlp_files_come_back_in(run: Run, full: Path, tmp_path: Path, form: str, flags: list[str]) -> None:
    file, other = tmp_path / "spans", tmp_path / "other"
    assert run("export", "-o", str(file), *flags).code == 0
    done = json.loads(run("import", str(file), "--dir", str(other), "--json").out)
    assert (done["form"], done["rejected"]) == (form, 0)
    columns = "trace_id, span_id, name, kind, model, start_time, input_tokens, attributes, dialect"
    columns += ", input_messages" if form == "otlp-json" else ""  # what came in logs goes with these only
    same = f"SELECT {columns} FROM spans WHERE end_time IS NOT NULL ORDER BY trace_id, span_id"
    assert _sql(other, same) == _sql(full, same)


def test_a_whole_json_document_over_many_lines_is_taken(run: Run, tmp_path: Path, data_dir: Path) -> None:
    file = tmp_path / "pretty.json"
    file.write_text(json.dumps(json.loads(otlp.json_request(3)), indent=1))
    assert json.loads(run("import", str(file), "--json").out)["new_spans"] == 3


def test_spans_without_ids_are_counted(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "odd.json"
    file.write_bytes(otlp.json_request(3).replace(b'"traceId": "0', b'"traceId": "x'))
    ran = run("import", str(file), "--json")
    assert (ran.code, json.loads(ran.out)["rejected"]) == (1, 3)


def _sql(directory: Path, query: str) -> list[tuple[Any, ...]]:
    with open_source(directory) as source:
        return source.sql(query).rows


def repacked(bundle: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    with zipfile.ZipFile(bundle) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)


def manifest(**changes: Any) -> Callable[[str, bytes], bytes]:
    return lambda name, content: (
        json.dumps({**json.loads(content), **changes}).encode() if name == "manifest.json" else content
    )


def flipped(name: str, content: bytes) -> bytes:
    return content.replace(b'"name":"work', b'"name":"play') if name == "spans.ndjson" else content


def claims(**changes: Any) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        data = json.loads(content)
        data["parts"][0].update(changes)
        return json.dumps(data).encode()

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(flipped, "is not what was exported", id="other content"),
        pytest.param(manifest(version=2, tracekit="9.0"), "made by tracekit 9.0", id="newer"),
        pytest.param(manifest(format="other"), "of the format 'other'", id="other format"),
        pytest.param(lambda name, content: None if name == "manifest.json" else content, "no bundle", id="no manifest"),
        pytest.param(lambda name, content: None if name == "spans.ndjson" else content, "parts are", id="no spans"),
        pytest.param(
            lambda name, content: content + b" " * (200 << 20) if name == "spans.ndjson" else content,
            "is not what was exported",
            id="bomb",
        ),
        pytest.param(claims(bytes=1 << 60), "more than the", id="claims too much"),
        pytest.param(claims(name="../../spans.ndjson"), "its parts are", id="a path"),
        pytest.param(claims(bytes="many"), "is not one", id="no number"),
    ],
)
def test_a_bundle_that_is_not_whole_leaves_nothing(
    run: Run, recorded: Path, tmp_path: Path, change: Callable[[str, bytes], bytes | None], said: str
) -> None:
    bundle, other = tmp_path / "all.zip", tmp_path / "other"
    run("export", "--bundle", str(bundle))
    repacked(bundle, change)
    ran = run("import", str(bundle), "--dir", str(other))
    assert ran.code == 2
    assert said in ran.err
    assert list((other / "journal").iterdir()) == []
    assert _sql(other, "FROM spans") == []


def test_a_line_that_is_no_span_is_refused(run: Run, recorded: Path, tmp_path: Path) -> None:
    import hashlib

    bundle = tmp_path / "all.zip"
    run("export", "--bundle", str(bundle))
    with zipfile.ZipFile(bundle) as archive:
        data = archive.read("spans.ndjson").replace(b'"counted":true', b'"counted":7')
    part = {"lines": data.count(b"\n"), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    repacked(bundle, lambda name, content: data if name == "spans.ndjson" else claims(**part)(name, content))
    ran = run("import", str(bundle), "--dir", str(tmp_path / "other"))
    assert (ran.code, "7 is none of True, False" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04 and no more", b'{"a": 1}', b"{", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05ab"]
)
def test_a_file_of_something_else_is_refused(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    ran = run("import", str(file), "--dir", str(tmp_path / "other"))
    assert (ran.code, "was not imported" in ran.err) == (2, True)
    assert list((tmp_path / "other" / "journal").iterdir()) == []
