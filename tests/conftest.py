"""What every test stands on: a data directory of its own, and the report of how many recordings ran."""

from __future__ import annotations

import atexit
import gc
import itertools
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import corpus

if TYPE_CHECKING:
    from tracekit.store.duckdb.database import DuckDBStore

AUTHORITY = Path(__file__).parent / "support" / "authority.pem"
"""One that has signed nothing: to load all that the world trusts takes a client longer than its calls here."""


_numbers = itertools.count()


@pytest.fixture(autouse=True)
def surroundings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No setting of the machine's, and a data directory that only this test sees, made when something is stored."""
    for name in (
        "TRACEKIT_PROJECT",
        "TRACEKIT_DB",
        "OTEL_SDK_DISABLED",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    monkeypatch.setenv("TRACEKIT_OVERHEAD_BUDGET", "60000")  # a busy machine is no reason to leave content out
    monkeypatch.setenv("TRACEKIT_DIR", str(tmp_path_factory.getbasetemp() / "data" / str(next(_numbers))))
    if "tmp_path" in request.fixturenames:
        request.getfixturevalue("data_dir")


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory of this test. Most tests need no folder: one for each would be thousands."""
    path = tmp_path / "data"
    monkeypatch.setenv("TRACEKIT_DIR", str(path))
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    """A store without a row."""
    from tests.support.stores import new_store

    opened = new_store(tmp_path / "traces.duckdb")
    yield opened
    opened.close()


def pytest_configure() -> None:
    """Have Ctrl-C end the programs that tests start: a job in a shell's background, and all beneath it, ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()  # nothing becomes garbage while modules are loaded
    atexit.register(gc.unfreeze)  # the end of the process takes everything apart


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only tests of openai's client are asked for, load no file that has none: all of them load every client."""
    only_openai = config.option.markexpr == "openai" and collection_path.name.startswith("test_")
    return (only_openai and "mark.openai" not in collection_path.read_text(encoding="utf-8")) or None


_MODULES = 40
"""So many that have been loaded since are worth a collection of garbage."""
_loaded = 0


def pytest_collection_finish() -> None:
    """Have no later collection of garbage look at what is there for good: a quarter of a second each time."""
    global _loaded  # noqa: PLW0603 - once a process
    _loaded = len(sys.modules)
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_runtest_logstart() -> None:
    """The same again where tests have loaded much more, between two tests: what one holds is not there for good."""
    if len(sys.modules) > _loaded + _MODULES:
        pytest_collection_finish()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Deal out tests one by one, those that share a costly fixture together."""
    from tests.support.workers import Scheduler

    return Scheduler(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker of several: hand over what it counted."""
    handed_over: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if handed_over is not None:
        handed_over["corpus"] = dict(corpus.RAN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Where the workers report: add up what each has counted; one that crashed hands over nothing."""
    corpus.RAN.update(getattr(node, "workeroutput", {}).get("corpus", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many recordings of the corpus ran, so that a run without it does not look like one with it."""
    where = corpus.ROOT if corpus.ROOT.is_dir() else f"{corpus.ROOT} (not there: golden files only)"
    counts = ", ".join(f"{name} {count}" for name, count in sorted(corpus.RAN.items())) or "none"
    terminalreporter.write_line(f"corpus {where}: {counts}")
