from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import tracekit
from tests.support.recorded import journaled
from tracekit.errors import UsageError


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own: the global provider can be set once a process."""
    import os

    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


PROVIDER = """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    import tracekit
    seen = InMemorySpanExporter()
    mine = TracerProvider()
    mine.add_span_processor(SimpleSpanProcessor(seen))
"""


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_programs_own_provider_stays_and_is_journaled(data_dir: Path, order: str):
    lines = ["trace.set_tracer_provider(mine)", "tracekit.autolog(instrument=[])"]
    code = (
        textwrap.dedent(PROVIDER)
        + "\n".join(lines if order == "before" else reversed(lines))
        + textwrap.dedent("""
    assert trace.get_tracer_provider() is mine
    with tracekit.span("ours"), trace.get_tracer("theirs").start_as_current_span("theirs"):
        pass
    assert [span.name for span in seen.get_finished_spans()] == ["theirs", "ours"]
    tracekit.uninstrument()
    assert trace.get_tracer_provider() is mine
    trace.get_tracer("theirs").start_span("later").end()
    """)
    )
    done = python(code)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    spans = journaled(data_dir)
    assert spans.names == ["theirs", "ours"]
    assert len({span.trace_id for span in spans.ended}) == 1


def test_content_stays_off_exported_spans_unless_asked_for(data_dir: Path):
    for value, exported in (("", False), ("SPAN_ONLY", True), ("true", True), ("EVENT_ONLY", False)):
        code = textwrap.dedent(PROVIDER) + textwrap.dedent("""
        trace.set_tracer_provider(mine)
        tracekit.autolog(instrument=[])
        with tracekit.span("ours", input="a private question"):
            pass
        print("a private question" in str(seen.get_finished_spans()[0].attributes))
        """)
        done = python(code, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=value)
        assert done.stdout == f"{exported}\n", (value, done.stderr)
    assert [span.attributes["tracekit.input"] for span in journaled(data_dir).ended] == ["a private question"] * 4


@pytest.mark.parametrize(
    ("argument", "variable"), [("capture_content=False", "SPAN_ONLY"), ("", "NO_CONTENT"), ("", "false")]
)
def test_content_can_be_kept_nowhere(data_dir: Path, argument: str, variable: str):
    code = (
        f"import tracekit; tracekit.autolog({argument})\nwith tracekit.span('x', input='private') as s: s.set_output(2)"
    )
    assert python(code, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=variable).stderr == ""
    assert journaled(data_dir).one("x").attributes == {}


def test_autolog_twice_is_once(data_dir: Path):
    tracekit.autolog(instrument=[])
    tracekit.autolog(instrument=[])
    with tracekit.span("x"):
        pass
    tracekit.uninstrument()
    assert journaled(data_dir).names == ["x"]


def test_uninstrument_restores_exactly():
    import concurrent.futures
    import threading

    from opentelemetry import trace

    def state() -> tuple[object, ...]:
        return (
            vars(concurrent.futures.ThreadPoolExecutor)["submit"],
            vars(threading.Thread)["start"],
            vars(trace)["set_tracer_provider"],
            vars(trace)["_TRACER_PROVIDER"],
        )

    before = state()
    tracekit.autolog(instrument=[])
    assert all(one is not other for one, other in zip(before, state(), strict=True))
    tracekit.uninstrument()
    assert state() == before


def test_a_disabled_sdk_does_nothing(data_dir: Path):
    code = """
    import tracekit
    tracekit.autolog()
    @tracekit.trace
    def f(): return 1
    with tracekit.span("x"): assert f() == 1
    print(tracekit.flush())
    """
    done = python(code, OTEL_SDK_DISABLED="true")
    assert done.stdout == "FlushResult(accepted=0, written=0, dropped=0, why=None, sampled_out=0)\n", done.stderr
    assert not data_dir.exists()


def test_an_exporter_is_added_only_for_a_named_host(data_dir: Path):
    from tests.support.sink import OtlpSink

    with OtlpSink() as sink:
        code = "import tracekit; tracekit.autolog(instrument=[])\nwith tracekit.span('sent', input='private'): pass"
        assert python(code).stderr == ""
        assert sink.names == []
        assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url).stderr == ""
        assert python(code, TRACEKIT_ENDPOINT=sink.url).stderr == ""
        assert python(code, OTEL_EXPORTER_OTLP_ENDPOINT=sink.url, OTEL_TRACES_EXPORTER="none").stderr == ""
    assert sink.names == ["sent", "sent"]
    assert journaled(data_dir).names == ["sent"] * 4


def test_unknown_names_and_words_are_named():
    for code, sentence in (
        ("tracekit.autolog(instrument=['opnai'])", "no integration is called opnai; there are:"),
        ("tracekit.autolog()", "'ALWAYS' is unknown; use one of NO_CONTENT"),
    ):
        done = python(
            f"import tracekit; {code}",
            OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="" if "opnai" in code else "ALWAYS",
        )
        assert sentence in done.stderr


def test_flush_says_what_was_written_and_what_was_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "blocked").write_text("")
    tracekit.autolog(instrument=[], directory=tmp_path / "blocked")
    with tracekit.span("x"):
        pass
    result = tracekit.flush()
    tracekit.uninstrument()
    assert (result.written, result.dropped) == (0, result.accepted)
    assert "blocked" in str(result.why)
    assert capsys.readouterr().err.count("\n") == 1


def test_the_resource_names_the_program_and_the_project(tmp_path: Path, data_dir: Path):
    script = tmp_path / "shop.py"
    script.write_text("import tracekit; tracekit.autolog(project='bikes')\nwith tracekit.span('x'): pass")
    subprocess.run([sys.executable, str(script)], check=True)
    resource = journaled(data_dir).one("x").resource
    assert (resource["service.name"], resource["tracekit.project"]) == ("shop", "bikes")


def test_importing_tracekit_loads_nothing_heavy():
    code = """
    import sys, tracekit
    heavy = {"opentelemetry.sdk", "duckdb", "starlette", "uvicorn", "pydantic", "openai", "scipy", "pyarrow", "jinja2"}
    assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
    tracekit.autolog()
    heavy.remove("opentelemetry.sdk")
    assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
    assert not hasattr(tracekit, "nonsense")
    """
    assert python(code).stderr == ""


@pytest.mark.parametrize(("word", "syncs"), [("each", True), ("off", False)])
def test_the_journal_waits_for_the_disk_as_the_variable_says(data_dir: Path, word: str, *, syncs: bool):
    ran = python(
        f"""
        import os, tracekit
        synced = []
        os.fdatasync = synced.append
        tracekit.autolog(instrument=[])
        with tracekit.span("ride"):
            pass
        tracekit.shutdown()
        assert bool(synced) is {syncs}, synced
        """,
        TRACEKIT_FSYNC=word,
    )
    assert ran.returncode == 0, ran.stderr


def test_an_unknown_word_for_the_disk_is_a_sentence(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACEKIT_FSYNC", "sometimes")
    with pytest.raises(UsageError, match=r"'sometimes' \(from TRACEKIT_FSYNC\) is unknown; use one of off, each"):
        tracekit.autolog(instrument=[])
