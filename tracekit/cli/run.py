"""`tracekit run`: a Python program with tracing on, and no line of ours in it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tracekit import config
from tracekit.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's flags."""
    parser.usage = "tracekit run [--dir DIR] [--project NAME] [--no-content] (SCRIPT | -m MODULE | -c CODE) [ARG ...]"
    parser.epilog = "example: tracekit run app.py --verbose"
    parser.add_argument("--dir", help="data directory to record into")
    parser.add_argument("--project", help="project that the spans belong to")
    parser.add_argument("--no-content", action="store_true", help="record no prompts and no answers")
    parser.add_argument("-m", dest="module", action="store_true", help="PROGRAM is a module, as for python -m")
    parser.add_argument("-c", dest="code", action="store_true", help="PROGRAM is code, as for python -c")
    parser.add_argument("program", metavar="PROGRAM", nargs=argparse.REMAINDER, help="what to run, and its arguments")


def run(args: argparse.Namespace) -> int:
    """Become the program: same interpreter, same arguments, same streams, same exit code.

    Raises:
        UsageError: no program is named.
    """
    words: list[str] = args.program
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        raise UsageError("run: no program is named. Give a script, or -m and a module: tracekit run app.py")
    flag = ["-m"] if args.module else ["-c"] if args.code else []
    return _become([sys.executable, *flag, *words], config.child_environment(_changes(args)))


def _changes(args: argparse.Namespace) -> dict[str, str]:
    changes: dict[str, str] = {}
    if args.dir:
        changes["TRACEKIT_DIR"] = str(Path(args.dir).expanduser().absolute())
    if args.project:
        changes["TRACEKIT_PROJECT"] = args.project
    if args.no_content:
        changes["TRACEKIT_CAPTURE_CONTENT"] = "false"
    return changes


def _become(command: list[str], environment: dict[str, str]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)  # noqa: S606 - the very point: signals and exit code are the program's own
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - the user's own program
