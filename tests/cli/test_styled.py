"""Lines of styled pieces: colour on a terminal, plain text everywhere else and where NO_COLOR asks for it."""

from __future__ import annotations

import io

import pytest

from tests.evals.reports import samples
from tracekit.cli import output
from tracekit.evals.reports import terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, file: io.StringIO) -> str:
    monkeypatch.setattr("sys.stdout", file)
    output.styled(terminal.lines([samples.regressed()]))
    return file.getvalue()


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;31mREGRESSED" in printed(monkeypatch, Terminal())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_none_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(name, value)
    assert printed(monkeypatch, Terminal()) == terminal.text([samples.regressed()])


def test_a_pipe_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, io.StringIO()) == terminal.text([samples.regressed()])
