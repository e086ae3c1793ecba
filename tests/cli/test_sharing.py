"""A trace as a page: out of one store and into another, with all that belongs to it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, OTHER, Ran
from tests.support import journals, otlp, pictures
from tests.support.commands import up
from tracekit.cli import main
from tracekit.errors import DecodeError
from tracekit.journal import records
from tracekit.journal.writer import JournalWriter
from tracekit.model import Score
from tracekit.query.intake import import_file
from tracekit.query.source import open_source

Run = Callable[..., Ran]
VIEWS = {
    "spans": "FROM spans WHERE trace_id = $id ORDER BY span_id",
    "traces": "FROM traces WHERE trace_id = $id",
    "messages": "FROM messages WHERE trace_id = $id ORDER BY ALL",
    "scores": "FROM scores WHERE trace_id = $id ORDER BY ALL",
    "logs": "FROM logs WHERE trace_id = $id ORDER BY ALL",
}
SECRET = "the customer's name is Ada"
BREAKOUT = "</script></details><!--<script><img src=x onerror=alert(1)>\"'`"


def rows(directory: Path, trace_id: str = journals.TRACE) -> dict[str, list[str]]:
    with open_source(directory) as source:
        return {view: list(map(repr, source.sql(query, {"id": trace_id}).rows)) for view, query in VIEWS.items()}


@pytest.fixture
def full(data_dir: Path) -> Path:
    return filled(data_dir)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A page, made once for all that harm it."""
    folder = tmp_path_factory.mktemp("page")
    file = folder / "trace.html"
    assert main(["export", "--html", str(file), "--trace", journals.TRACE, "--dir", str(filled(folder / "data"))]) == 0
    return file.read_bytes()


def filled(data_dir: Path) -> Path:
    """A trace with a chat, a picture, an event, a link, a log record, scores and a cut off span; and another trace."""
    writer = JournalWriter(data_dir / "journal")
    resource = writer.resource({"tracekit.project": "shop", "service.name": "web", "host.name": SECRET})
    picture = {"type": "blob", "mime_type": "image/png", "content": base64.b64encode(pictures.png()).decode()}
    asked = [{"role": "user", "parts": [{"type": "text", "content": SECRET}, picture]}]
    named = {"session.id": "s-1", "user.id": "u-1", "gen_ai.input.messages": json.dumps(asked)}
    journals.end(writer, 1, resource=resource, name=BREAKOUT)
    journals.end(writer, 2, parent=1, resource=resource, **journals.chat(2, model="gpt-4o", attributes=named))
    stack = {"exception.type": "ValueError", "exception.message": SECRET, "exception.stacktrace": f"at {SECRET}"}
    journals.end(
        writer,
        3,
        parent=1,
        resource=resource,
        status=[2, SECRET],
        attributes={"tracekit.input": {"q": SECRET}, "app.note": SECRET, "error.type": "ValueError"},
        events=[{"name": "exception", "time_ns": otlp.START + 3_500_000, "attributes": stack}],
        links=[{"trace_id": OTHER, "span_id": "2" * 16, "attributes": {"why": SECRET}}],
    )
    journals.start(writer, 4, parent=1, resource=resource)
    journals.end(writer, 9, trace=OTHER, name=HOSTILE)
    record = {
        "traceId": journals.TRACE,
        "spanId": f"{2:016x}",
        "timeUnixNano": str(otlp.START + 2_500_000),
        "eventName": "said",
        "body": {"stringValue": SECRET},
    }
    log = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
    writer.append(records.OTLP_LOGS_JSON, log.encode())
    for span_id, label in ((None, "good"), (f"{2:016x}", None)):
        score = Score(
            trace_id=journals.TRACE, span_id=span_id, name="tone", value=0.5, label=label, comment=SECRET,
            created_ns=otlp.START + 1,
        )  # fmt: skip
        writer.append(records.SCORE, records.score_record(score).encode())
    writer.close()
    return data_dir


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and the text outside of data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self._data = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._data = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._data = self._data and tag not in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._data:
            self.said.append(data)


def shared(run: Run, file: Path, *flags: str) -> str:
    assert run("export", "--html", str(file), "--trace", journals.TRACE, *flags).code == 0
    return file.read_text(encoding="utf-8")


def test_a_page_gives_another_store_the_same_rows(run: Run, full: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "trace.html", tmp_path / "other"
    exported = json.loads(run("export", "--html", str(file), "--trace", journals.TRACE, "--json").out)
    done = json.loads(run("import", str(file), "--dir", str(other), "--json").out)
    assert (exported["spans"], exported["scores"], exported["logs"], exported["attachments"]) == (4, 2, 1, 1)
    assert (done["form"], done["new_spans"], done["new_scores"], done["attachments"]) == ("html", 4, 2, 1)
    assert rows(other) == rows(full)
    assert rows(other, OTHER)["spans"] == []
    [kept] = (other / "attachments").glob("??/*")
    assert kept.read_bytes() == pictures.png()
    again = json.loads(run("import", str(file), "--dir", str(other), "--json").out)
    assert (again["new_spans"], again["new_scores"]) == (0, 0)
    assert rows(other) == rows(full)


def test_a_page_of_a_running_up_is_imported_by_a_running_up(run: Run, full: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "trace.html", tmp_path / "other"
    with up("--dir", str(full), cwd=tmp_path), up("--dir", str(other), cwd=tmp_path):
        shared(run, file)
        assert json.loads(run("import", str(file), "--dir", str(other), "--json").out)["new_spans"] == 4
        assert rows(other) == rows(full)


def test_a_page_shows_everything_runs_nothing_and_asks_for_nothing(run: Run, full: Path, tmp_path: Path) -> None:
    text = shared(run, tmp_path / "trace.html")
    seen = Page(text)
    scripts = [attributes for tag, attributes in seen.elements if tag == "script"]
    assert scripts == [{"type": "application/x-tracekit-bundle", "id": "tracekit-bundle"}]
    assert [tag for tag, _ in seen.elements if tag in ("iframe", "object", "embed", "form", "base", "input")] == []
    for tag, attributes in seen.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "srcset", "action", "poster", "data"):
                assert str(value).startswith(("#", "data:")), (tag, name, value)
    [policy] = [
        attributes["content"]
        for tag, attributes in seen.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert [tag for tag, attributes in seen.elements if attributes.get("src", "")] == ["img"]
    shown = "".join(seen.said)
    for said in (SECRET, "ValueError", f"at {SECRET}", BREAKOUT, "answer 2", "said", "tone"):
        assert said in shown
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"s-{number:016x}" for number in range(1, 5)} <= set(ids)
    targets = {
        str(attributes["href"])[1:]
        for tag, attributes in seen.elements
        if tag in ("a", "use") and str(attributes.get("href", "")).startswith("#")
    }
    assert targets <= {str(each) for each in ids}


def test_without_content_nothing_that_was_said_is_in_the_file(run: Run, full: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "bare.html", tmp_path / "other"
    text = shared(run, file, "--no-content")
    run("import", str(file), "--dir", str(other))
    stored = " ".join(row for found in rows(other).values() for row in found)
    for said in ("Ada", "question 2", "answer 2", "u-1", "s-1", "good"):
        assert said not in text, said
        assert said not in stored, said
    kept = "span_id, parent_span_id, kind, model, status, error_type, start_time, end_time, input_tokens, counted, "
    kept += "cost_usd"
    query = f"SELECT {kept} FROM spans WHERE trace_id = $id ORDER BY span_id"
    with open_source(full) as source, open_source(other) as copy:
        assert copy.sql(query, {"id": journals.TRACE}).rows == source.sql(query, {"id": journals.TRACE}).rows
    assert "Shared without content" in text


HARMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "head": (lambda page: page[:2_000], "without a trace in it"),
    "cut": (lambda page: page[: page.index(b'id="tracekit-bundle"') + 4_000], "ends in the middle"),
    "longer": (lambda page: page.replace(b"</script>", b"A</script>"), "not whole|behind its end"),
    "letters": (lambda page: re.sub(rb"(bundle\">\n.{40}).{8}", rb"\1!!!!!!!!", page), "not base64"),
    "zip": (lambda page: re.sub(rb"(bundle\">\n).{8}", rb"\1AAAAAAAA", page), "damaged"),
    "foreign": (lambda page: b"<!doctype html><title>Evaluation</title>", "without a trace in it"),
    "empty": (lambda page: re.sub(rb"(?s)(bundle\">).*(</script>)", rb"\1\2", page), "damaged|archive"),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_page_that_is_not_whole_is_refused(page: bytes, tmp_path: Path, name: str) -> None:
    file, (harm, says) = tmp_path / "trace.html", HARMS[name]
    file.write_bytes(harm(page))
    with pytest.raises(DecodeError, match=says):
        import_file(file, tmp_path, tmp_path / "traces.duckdb")
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_page_that_a_browser_has_saved_again_is_taken(run: Run, page: bytes, tmp_path: Path) -> None:
    file, other = tmp_path / "trace.html", tmp_path / "other"
    text = page.decode().replace("<!doctype html>", "", 1).strip()
    text = re.sub('<script type="([^"]*)" id="([^"]*)">', r"<SCRIPT id='\2' type='\1'>", text.replace("\n", "\r\n"))
    file.write_bytes(b"\xef\xbb\xbf<!-- saved from url=(0014)about:internet -->\r\n" + text.encode())
    assert json.loads(run("import", str(file), "--dir", str(other), "--json").out)["new_spans"] == 4


def test_a_page_is_of_one_trace(run: Run, full: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "trace.html")
    for flags, says in (
        ((), "none is named"),
        (("--project", "nowhere"), "these are 0|none is named"),
        (("--trace", journals.TRACE, "--trace", OTHER), "these are 2"),
        (("--trace", OTHER, "--dialect", "openinference"), "are for OTLP"),
    ):
        done = run("export", "--html", file, *flags)
        assert done.code == 2
        assert re.search(says, done.err), done.err
    assert run("export", "--bundle", file, "--no-content").code == 2
    assert run("export", "--html", file, "--project", "shop").code == 0
