"""Commands in this process, and traces for them to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import journals
from tests.support.stores import lay
from tracekit.cli import main
from tracekit.journal.writer import JournalWriter

OTHER = "f" * 32
HOSTILE = "\x1b]0;title\x07 and \u202ebackwards"


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def ran(*arguments: str) -> Ran:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return ran


@pytest.fixture
def recorded(data_dir: Path) -> Path:
    """Two traces: a chat with a child, and a newer one that failed and is hostile."""
    lay(data_dir / "traces.duckdb")
    writer = JournalWriter(data_dir / "journal")
    resource = writer.resource({"tracekit.project": "shop", "service.name": "web"})
    named = {"session.id": "s-1", "user.id": "u-1"}
    journals.end(writer, 1, resource=resource, **journals.chat(1, model="gpt-4o", attributes=named))
    journals.end(writer, 2, parent=1, resource=resource)
    other = writer.resource({"service.name": "batch"})
    journals.end(
        writer,
        3,
        trace=OTHER,
        resource=other,
        name=HOSTILE,
        status=[2, HOSTILE],
        attributes={"error.type": "TimeoutError", "tracekit.input": HOSTILE},
    )
    writer.close()
    return data_dir
