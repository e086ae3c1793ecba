"""The command line: one file a verb, each imported only when it is called.

A verb's module has `arguments(parser)`, which adds its flags, and `run(args) -> int`, which returns the exit code. Data
goes to stdout, talk to stderr. Exit codes: 0 fine, 1 the answer is no, 2 usage or environment, 3 could not decide,
4 budget spent, 5 incomparable baseline, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import io
import keyword
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tracekit._version import __version__
from tracekit.errors import TracekitError

VERBS = {
    "demo": "record a realistic session with the real client against a local model, and show it",
    "run": "run a Python program with tracing on, unchanged",
    "up": "receive OTLP and show traces in the browser",
    "ls": "list traces, newest first",
    "tail": "print traces as they come",
    "top": "show what is being called, live",
    "show": "print one trace as a tree",
    "diff": "print two or more traces beside each other, call by call",
    "sql": "query the store",
    "export": "write traces as OTLP, to a file or a collector, as a bundle, or one as a page",
    "import": "take in a bundle, a page with a trace in it, or OTLP from a file",
    "reindex": "read stored spans anew, as this version understands them",
    "compact": "forget what is not kept any longer, and give unused space back",
    "eval": "score a program, and say whether a change made it worse",
    "doctor": "say what is set, where it came from, and what is wrong",
}

_ASKED = frozenset({"ls", "tail", "top"})
"""Verbs that take words of the search box, in which a minus excludes: `-question` is no `-q uestion`."""
_COUNT = re.compile(r"-n\d+")

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if sys.stdout is None:  # the caller has closed it: there is nobody to write to
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for the rest of the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character shows which it is
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments)
    arguments, excluding = _apart(arguments)
    args, unknown = parser.parse_known_args(arguments)
    unknown += excluding
    words: list[str] | None = getattr(args, "asked", None)
    if words is not None and not any(word.startswith("--") for word in unknown):
        words += unknown  # argparse takes `-user:u-17` for a flag, and what stands behind a flag for one too many
    elif unknown:
        args.command.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except TracekitError as error:
        print(f"tracekit: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away (`| head`): not an error of anybody's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a full disk beneath our output, most of all
        print(
            f"tracekit: {error}. What was written may be incomplete; mend it and run the command again.",
            file=sys.stderr,
        )
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_USAGE
    return code


def _apart(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments without the words that begin with a minus, and these words; a query keeps its own minus."""
    if next((word for word in arguments if not word.startswith("-")), None) not in _ASKED:
        return arguments, []
    kept: list[str] = []
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word in ("-q", "--query"):
            given = next(rest, None)
            kept.append(word if given is None else f"--query={given}")
        elif len(word) > 2 and word[0] == "-" and word[1] != "-" and not _COUNT.fullmatch(word):  # noqa: PLR2004 - a flag
            words.append(word)
        else:
            kept.append(word)
    return kept, words


def module_of(verb: str) -> str:
    """The module of a verb; one that is a word of Python's stands under its name with an underscore behind it."""
    return f"tracekit.cli.{verb}{'_' if keyword.iskeyword(verb) else ''}"


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the flags of the one verb that is asked for."""
    parser = argparse.ArgumentParser(
        prog="tracekit",
        description="See, store and test every LLM call of a Python program.",
        epilog="example: tracekit run app.py && tracekit up",
    )
    parser.add_argument("--version", action="version", version=f"tracekit {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for verb, summary in VERBS.items():
        command = commands.add_parser(
            verb, help=summary, description=summary[0].upper() + summary[1:] + ".", allow_abbrev=False
        )
        if verb == asked:
            _fill(command, verb, arguments[arguments.index(verb) + 1 :])
    return parser


def _fill(command: argparse.ArgumentParser, verb: str, rest: Sequence[str]) -> None:
    """Give a command its flags; where its module has `VERBS` of its own and one follows, give it those of that one."""
    module = importlib.import_module(module_of(verb))
    inner: dict[str, str] = getattr(module, "VERBS", {})
    if not rest or rest[0] not in inner:
        module.arguments(command)
        command.set_defaults(run=module.run, command=command)
        return
    commands = command.add_subparsers(metavar="COMMAND", required=True)
    chosen = commands.add_parser(rest[0], description=f"{inner[rest[0]]}.".capitalize(), allow_abbrev=False)
    module = importlib.import_module(f"{module_of(verb)}_{rest[0].replace('-', '_')}")
    module.arguments(chosen)
    chosen.set_defaults(run=module.run, command=chosen)
