"""How outcomes of an evaluation leave a command: a table or JSON on stdout, files, and a summary for a CI's page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit import config
from tracekit.cli import output
from tracekit.errors import UsageError

if TYPE_CHECKING:
    from tracekit.evals.reports.outcome import Outcome

SUMMARY = "GITHUB_STEP_SUMMARY"


def write(outcomes: Sequence[Outcome], args: argparse.Namespace) -> int:
    """Write the outcomes in every form that the flags ask for.

    Returns:
        The exit code of all.

    Raises:
        UsageError: a file cannot be written.
    """
    from tracekit.evals import results
    from tracekit.evals.reports import jsonform, junit, markdown

    if args.output is not None:
        _file(args.output, results.dumps(outcomes[0].run))
    if args.junit is not None:
        _file(args.junit, junit.render(outcomes))
    if args.markdown is not None:
        _file(args.markdown, markdown.comment(outcomes))
    if args.html is not None:
        from tracekit.evals.reports import html

        _file(args.html, html.render(outcomes))
    summary = config.environment(SUMMARY)
    if summary is not None:
        _file(Path(summary), markdown.summary(outcomes), mode="a")
    if args.json:
        sys.stdout.write(jsonform.render(outcomes))
    else:
        _print(outcomes)
    return jsonform.exit_code([one.exit for one in outcomes])


def _print(outcomes: Sequence[Outcome]) -> None:
    from tracekit.evals.reports import terminal

    output.styled(terminal.lines(outcomes, columns=output.columns()))


def _file(path: Path, text: str, *, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
