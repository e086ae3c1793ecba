"""What holds of every client that traces itself: `class Test...(Adopting)` in its folder, with its program.

Programs with a tracer provider of their own run in processes of their own: clients keep the tracers that they find.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

import tracekit
from tests.support import weather
from tests.support.faults import harm
from tests.support.provider import Provider
from tests.support.recorded import journaled
from tracekit.model import RawSpan
from tracekit.sdk import guard

SECRET = "sk-proj-" + "Ab1" * 12
ROOT = Path(__file__).parents[2]
INTEGRATIONS = ROOT / "integrations" / "tracekit_integrations"


class Adopting:
    """The conversation of `tests.support.weather`, by a program that knows nothing of tracing."""

    program: ClassVar[ModuleType]
    scope: ClassVar[str]
    """Its spans' scope begins so."""
    asked_for: ClassVar[tuple[str, ...]] = ()
    """The scopes, by how they begin, of spans of its own that are there only because of us."""
    beside: ClassVar[tuple[str, ...]] = ()
    """Beginnings of lines of the integration that the conversation does not pass, or that run at import."""

    def serving(self, *, stream: bool = False) -> AbstractContextManager[str]:
        """A server that holds up its end; gives where it is."""
        own = getattr(self.program, "serving", None)
        return own(stream=stream) if own is not None else self._model(stream=stream)

    @contextlib.contextmanager
    def _model(self, *, stream: bool) -> Iterator[str]:
        with Provider() as server:
            self.program.queue(server, stream=stream)
            yield server.url
            assert server.left == 0

    def own(self, directory: Path) -> list[RawSpan]:
        """The client's own spans in the journal."""
        return [span for span in journaled(directory).ended if (span.scope_name or "").startswith(self.scope)]

    @pytest.fixture
    def ready(self, data_dir: Path) -> Iterator[Path]:
        """Nothing may be left: no fault of ours, no open span."""
        before = guard.faults()
        yield data_dir
        tracekit.uninstrument()
        assert guard.faults() == before
        journal = journaled(data_dir)
        assert {span.span_id for span in journal.started} == {span.span_id for span in journal.ended}

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
    def test_tokens_and_cost_count_once(self, ready: Path, *, stream: bool) -> None:
        tracekit.autolog(directory=ready)
        with self.serving(stream=stream) as url, tracekit.context(session_id="s-1"), tracekit.span("question"):
            assert self.program.ask(url, stream=stream) == weather.ANSWER
        assert len(self.own(ready)) >= 2
        sql = tracekit.connect(ready).sql
        (row,) = sql("select sum(input_tokens), sum(output_tokens), sum(cost_usd) from spans where counted").rows
        assert row[:2] == (weather.INPUT_TOKENS, weather.OUTPUT_TOKENS)
        (priced,) = sql("select count(*), count(cost_usd), count(distinct cost_usd) from spans where counted").rows
        assert priced == (2, 2, 2)
        assert row[2] == pytest.approx(sum(found[0] for found in sql("select cost_usd from spans where counted").rows))
        assert sql("select distinct session_id, dialect = 'raw' from spans").rows == [("s-1", False)]
        assert sql("select count(distinct trace_id), count(usage_fault) from spans").rows == [(1, 0)]

    def test_the_conversation_can_be_read_from_its_own_spans(self, ready: Path) -> None:
        tracekit.autolog(directory=ready)
        with self.serving() as url, tracekit.span("question"):
            self.program.ask(url)
        rows = (
            tracekit.connect(ready)
            .sql(
                "select cast(input_messages as varchar), cast(output_messages as varchar), finish_reasons, kind, "
                "cast(tool_arguments as varchar), cast(tool_result as varchar) "
                "from spans where dialect != 'otel_genai' order by start_time"
            )
            .rows
        )
        calls = [row for row in rows if row[3] == "llm"]
        assert len(calls) == 2
        assert weather.QUESTION in calls[0][0]
        assert '"Paris"' in calls[0][1]
        assert weather.RESULT in calls[1][0]
        assert weather.ANSWER in calls[1][1]
        assert calls[1][2] == ["stop"]
        for tool in (row for row in rows if row[3] == "tool"):
            assert json.loads(tool[4]) == {"city": "Paris"}
            assert weather.RESULT in tool[5]

    def test_without_content_none_is_written(self, ready: Path, caplog: pytest.LogCaptureFixture) -> None:
        tracekit.autolog(directory=ready, capture_content=False)
        with self.serving() as url:
            self.program.ask(url)
        assert len(self.own(ready)) >= 2
        written = _written(ready)
        assert [text for text in weather.SPOKEN if text in written] == []

    def test_secrets_are_taken_out(self, ready: Path) -> None:
        tracekit.autolog(directory=ready)
        with self.serving() as url:
            self.program.ask(url, f"{weather.QUESTION} My key is {SECRET}.")
        written = _written(ready)
        assert weather.QUESTION in written
        assert SECRET not in written

    def test_nothing_more_is_logged(self, ready: Path, caplog: pytest.LogCaptureFixture) -> None:
        with self.serving() as url:
            self.program.ask(url)  # what is said once in a process is said now
        caplog.set_level(logging.INFO)
        with self.serving() as url:
            self.program.ask(url)
        before, _ = _logged(caplog), caplog.clear()
        tracekit.autolog(directory=ready)
        with self.serving() as url:
            self.program.ask(url)
        assert _logged(caplog) == before

    def test_left_out_it_makes_no_spans_of_its_own(self, ready: Path) -> None:
        name = Path(self.program.__file__ or "").parent.name
        tracekit.autolog(directory=ready, exclude=[name])
        with self.serving() as url, tracekit.span("question"):
            assert self.program.ask(url) == weather.ANSWER
        assert self.own(ready) == []
        spans = journaled(ready).ended
        (root,) = [span for span in spans if span.name == "question"]
        assert {span.parent_span_id for span in spans if span is not root} <= {root.span_id}

    def test_taken_out_and_put_in_again(self, ready: Path) -> None:
        tracekit.autolog(directory=ready)
        tracekit.uninstrument()
        with self.serving() as url:
            assert self.program.ask(url) == weather.ANSWER
        assert journaled(ready).started == []
        tracekit.autolog(directory=ready)
        with self.serving() as url:
            self.program.ask(url)
        assert len(self.own(ready)) >= 2

    def test_a_provider_of_the_programs_keeps_what_it_had(self, data_dir: Path) -> None:
        before = self._exported(data_dir, "untraced")
        first = self._exported(data_dir, "before")
        then = self._exported(data_dir, "after")
        assert [span for span in before if span[0].startswith(self.asked_for)] == []
        for exported in (first, then):
            own = [span for span in exported if span[0].startswith(self.scope)]
            asked_for = [span for span in own if span[0].startswith(self.asked_for)]
            assert [span for span in own if span not in asked_for] == before
            assert bool(asked_for) is bool(self.asked_for)
            spoken = [text for text in weather.SPOKEN if text in json.dumps(exported)]
            assert spoken == [text for text in spoken if text in json.dumps(before)]
        assert len(self.own(data_dir)) >= 4
        assert weather.ANSWER in json.dumps([[span.attributes, span.events] for span in self.own(data_dir)])

    def test_content_comes_onto_exported_spans_if_the_user_wants_it_there(self, data_dir: Path) -> None:
        exported = self._exported(data_dir, "before", capture_content=True)
        own = json.dumps([span for span in exported if span[0].startswith(self.scope)])
        assert weather.QUESTION in own
        assert weather.ANSWER in own

    def test_faults_of_ours_are_not_noticed(self, data_dir: Path) -> None:
        def program() -> list[str]:
            self.afresh(data_dir)
            said: list[str] = []
            for way, stream in itertools.product(self.ways(), (False, True)):
                with way, self.serving(stream=stream) as url:
                    said.append(self.program.ask(url, stream=stream))
            return said + self.besides()

        name = Path(self.program.__file__ or "").parent.name
        noticed = harm([INTEGRATIONS / f"{name}.py"], program, data_dir, at_import=self.beside)
        assert noticed == [], "\n".join(noticed)

    def afresh(self, directory: Path) -> None:
        """Have the integration do again what it does once; traced programs are recorded in `directory`."""

    def besides(self) -> list[str]:
        """What more the program hears of calls that the conversation has none of."""
        return []

    def ways(self) -> list[AbstractContextManager[object]]:
        """Settings of the client's under which the integration does different things; each can be entered twice."""
        return [contextlib.nullcontext()]

    def _exported(self, directory: Path, order: str, **options: Any) -> list[Any]:
        with self.serving() as url:
            settings = json.dumps({"directory": str(directory), **options})
            program = [sys.executable, "-m", "tests.clients.own_provider", self.program.__name__, url, order, settings]
            done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
            assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def _written(directory: Path) -> str:
    return b"".join(path.read_bytes() for path in (directory / "journal").iterdir()).decode(errors="replace")


def _logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    return [(record.name, record.levelno) for record in caplog.records if "httpx" not in record.name]
