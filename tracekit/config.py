"""Settings, from one place: arguments, environment, a file, the default. The only reader of `os.environ`.

The file is the nearest `tracekit.toml`, or `pyproject.toml` with a `[tool.tracekit]` table, from the working directory
up.
Each setting remembers where its value came from, so that `tracekit doctor` can say it.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4318
DEFAULT_GRPC_PORT = 4317
DATABASE = "traces.duckdb"
JOURNAL = "journal"

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_CONTENT_NAMES = {  # journal, spans, events
    "NO_CONTENT": (False, False, False),
    "SPAN_ONLY": (True, True, False),
    "EVENT_ONLY": (True, False, True),
    "SPAN_AND_EVENT": (True, True, True),
    **dict.fromkeys(("TRUE", "1", "YES", "ON"), (True, True, False)),
    **dict.fromkeys(("FALSE", "0", "NO", "OFF"), (False, False, False)),
}


@dataclass(frozen=True, slots=True)
class Variable:
    """One documented setting: its name in the file, its environment variable, and what it means."""

    name: str
    env: str
    help: str


VARIABLES = (
    Variable("dir", "TRACEKIT_DIR", "data directory; holds journal/ and traces.duckdb"),
    Variable("project", "TRACEKIT_PROJECT", "project that spans of this program belong to"),
    Variable(
        "capture_content",
        "TRACEKIT_CAPTURE_CONTENT",
        "record prompts and answers in the local journal (default true)",
    ),
    Variable("no_content", "TRACEKIT_NO_CONTENT", "comma-separated clients whose prompts and answers are not recorded"),
    Variable(
        "sample",
        "TRACEKIT_SAMPLE",
        "share of traces that are recorded: 0.1, or with rules: 0.1, checkout*=1 (default 1)",
    ),
    Variable("redact", "TRACEKIT_REDACT", "replace secrets before anything is written (default true)"),
    Variable(
        "redaction_key",
        "TRACEKIT_REDACTION_KEY",
        "text that pseudonyms of secrets are made with; default: redaction.key in the data directory",
    ),
    Variable(
        "instrument",
        "TRACEKIT_INSTRUMENT",
        "comma-separated clients to patch; default: all that are installed; http comes to the others",
    ),
    Variable("exclude", "TRACEKIT_EXCLUDE", "comma-separated clients to leave alone"),
    Variable(
        "overhead_budget",
        "TRACEKIT_OVERHEAD_BUDGET",
        "milliseconds of tracing's own that a call may cost in the mean before content is left out (default 100)",
    ),
    Variable("endpoint", "TRACEKIT_ENDPOINT", "OTLP/HTTP base URL that spans are also sent to"),
    Variable("host", "TRACEKIT_HOST", "address `tracekit up` binds"),
    Variable("port", "TRACEKIT_PORT", "port `tracekit up` binds; 0 picks one"),
    Variable(
        "grpc_port",
        "TRACEKIT_GRPC_PORT",
        "port on which `tracekit up` answers OTLP/gRPC; 0 picks one (default 4317, where grpcio is installed)",
    ),
    Variable("db", "TRACEKIT_DB", "database file; default: traces.duckdb in the data directory"),
    Variable(
        "token",
        "TRACEKIT_TOKEN",
        "token that requests must carry when `tracekit up` is bound beyond loopback",
    ),
    Variable(
        "fsync", "TRACEKIT_FSYNC", "when a program's journal waits for the disk: off, each or 100ms (default off)"
    ),
    Variable(
        "keep_journals",
        "TRACEKIT_KEEP_JOURNALS",
        "keep journals that `tracekit up` has stored whole (default false)",
    ),
    Variable(
        "compress_journals",
        "TRACEKIT_COMPRESS_JOURNALS",
        "pack journals that are kept after `tracekit up` has stored them whole, with zstd (default false)",
    ),
    Variable(
        "retention",
        "TRACEKIT_RETENTION",
        "age at which `tracekit up` forgets traces, also by project: 30d, scratch=12h, audit=keep (default keep)",
    ),
    Variable(
        "max_size",
        "TRACEKIT_MAX_SIZE",
        "size of the database above which `tracekit up` forgets the oldest traces, like 10GB; default: none",
    ),
    Variable(
        "tail_sample",
        "TRACEKIT_TAIL_SAMPLE",
        "share of the traces that `tracekit up` keeps once they are over, beside errors and slow ones: 0.1, slow=5s",
    ),
    Variable("prices", "TRACEKIT_PRICES", "JSON file of prices that override the built-in ones"),
    Variable(
        "judge",
        "TRACEKIT_JUDGE",
        "judge of metrics that need one: provider:model, http://host/v1#model or module:function; with commas a panel",
    ),
    Variable("judge_url", "TRACEKIT_JUDGE_URL", "base URL of the judge's provider, where it is not the provider's own"),
    Variable("judge_key", "TRACEKIT_JUDGE_KEY", "key of the judge, before the provider's own variable"),
    Variable("judge_samples", "TRACEKIT_JUDGE_SAMPLES", "times that each judge is asked each question (default 1)"),
    Variable("judge_timeout", "TRACEKIT_JUDGE_TIMEOUT", "seconds that a judge may take for a reply (default 60)"),
    Variable("embedder", "TRACEKIT_EMBEDDER", "embedder of metrics that need one, named as a judge is"),
    Variable("embedder_url", "TRACEKIT_EMBEDDER_URL", "base URL of the embedder's provider"),
    Variable("embedder_key", "TRACEKIT_EMBEDDER_KEY", "key of the embedder, before the provider's own variable"),
)
_BY_NAME = {variable.name: variable for variable in VARIABLES}

CONTENT_ENV = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from ("argument", a variable's name, a file's path, or "default")."""

    value: Any
    source: str


def setting(name: str, argument: Any = None, *, default: Any = None) -> Setting:
    """Resolve one of `VARIABLES`.

    Args:
        name: its name in the file.
        argument: a value given in code or on the command line; None when none was.
        default: what holds when nothing says otherwise.
    """
    if argument is not None:
        return Setting(argument, "argument")
    variable = _BY_NAME[name]
    text = os.environ.get(variable.env)
    if text:
        return Setting(text, variable.env)
    path, table = _file()
    if name in table:
        return Setting(table[name], str(path))
    return Setting(default, "default")


def boolean(name: str, argument: bool | None = None, *, default: bool) -> bool:  # noqa: FBT001 - mirrors `setting`
    """Resolve a setting that is on or off.

    Raises:
        UsageError: its text is neither.
    """
    found = setting(name, argument, default=default)
    if isinstance(found.value, bool):
        return found.value
    text = str(found.value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise UsageError(f"{name}: {found.value!r} (from {found.source}) is neither true nor false; write one of these.")


def integer(name: str, argument: int | None = None, *, default: int) -> int:
    """Resolve a setting that is a whole number.

    Raises:
        UsageError: its text is none.
    """
    found = setting(name, argument, default=default)
    try:
        return int(found.value)
    except (TypeError, ValueError):
        raise UsageError(f"{name}: {found.value!r} (from {found.source}) is not a whole number.") from None


def number(name: str, argument: float | None = None, *, default: float) -> float:
    """Resolve a setting that is a number, not below 0.

    Raises:
        UsageError: its text is none.
    """
    found = setting(name, argument, default=default)
    try:
        value = float(found.value)
    except (TypeError, ValueError):
        value = math.nan
    if not value >= 0:
        raise UsageError(f"{name}: {found.value!r} (from {found.source}) is not a number from 0 on.")
    return value


def choice(name: str, words: Sequence[str]) -> str:
    """Resolve a setting that is one of a few words, the first where nothing says otherwise.

    Raises:
        UsageError: it is another.
    """
    found = setting(name, default=words[0])
    text = str(found.value).strip().lower()
    for word in words:
        if text == word:
            return word
    raise UsageError(f"{name}: {found.value!r} (from {found.source}) is unknown; use one of {', '.join(words)}.")


def names(name: str, argument: list[str] | tuple[str, ...] | None = None) -> list[str] | None:
    """Resolve a setting that is a list of names: a list, or text with commas; None when nobody says."""
    value = setting(name, argument).value
    if value is None:
        return None
    items = value.split(",") if isinstance(value, str) else value
    return [str(item).strip() for item in items if str(item).strip()]


def directory(argument: str | os.PathLike[str] | None = None) -> Path:
    """The data directory: argument, `$TRACEKIT_DIR`, `./.tracekit` if it is there, else `$XDG_DATA_HOME/tracekit`."""
    value = setting("dir", argument).value
    if value is not None:
        return Path(value).expanduser().absolute()
    local = Path.cwd() / ".tracekit"
    if local.is_dir():
        return local
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "tracekit"


def database(directory_: Path, argument: str | os.PathLike[str] | None = None) -> Path:
    """The database file: argument, `$TRACEKIT_DB`, else `traces.duckdb` in the data directory."""
    value = setting("db", argument).value
    return Path(value).expanduser().absolute() if value is not None else directory_ / DATABASE


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentCapture:
    """Where message content goes: into the local journal, onto the spans that other exporters see, into log events."""

    journal: bool
    spans: bool
    events: bool = False


def content(argument: bool | None = None) -> ContentCapture:  # noqa: FBT001 - mirrors `setting`
    """What the argument, `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` and the settings say of content.

    By default the local journal holds it and exported spans do not: the variable keeps its meaning for the latter, and
    NO_CONTENT (or false) turns both off.

    Raises:
        UsageError: the variable holds a word the conventions do not know.
    """
    if argument is not None:
        return ContentCapture(journal=argument, spans=argument)
    text = os.environ.get(CONTENT_ENV, "").strip()
    if text:
        known = _CONTENT_NAMES.get(text.upper())
        if known is None:
            words = "NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT, true, false"
            raise UsageError(f"{CONTENT_ENV}: {text!r} is unknown; use one of {words}.")
        journal, spans, events = known
        return ContentCapture(journal=journal, spans=spans, events=events)
    return ContentCapture(journal=boolean("capture_content", default=True), spans=False)


def sdk_disabled() -> bool:
    """Whether `OTEL_SDK_DISABLED` turns all tracing off."""
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def disabled_instrumentations() -> list[str]:
    """Names in `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS`; "*" is all."""
    text = os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")
    return [name.strip() for name in text.split(",") if name.strip()]


def environment(name: str) -> str | None:
    """An environment variable that is not ours (NO_COLOR, CHROMIUM, ...); empty counts as absent."""
    return os.environ.get(name) or None


_cached: tuple[Path, tuple[Path | None, Mapping[str, Any]]] | None = None


def _file() -> tuple[Path | None, Mapping[str, Any]]:
    global _cached  # noqa: PLW0603 - one look at the file system for each working directory
    here = Path.cwd()
    if _cached is None or _cached[0] != here:
        _cached = (here, _find(here))
    return _cached[1]


def _find(here: Path) -> tuple[Path | None, Mapping[str, Any]]:
    for folder in (here, *here.parents):
        own = folder / "tracekit.toml"
        if own.is_file():
            return own, _load(own)
        project = folder / "pyproject.toml"
        if project.is_file():
            table = _load(project).get("tool", {}).get("tracekit")
            if table is not None:
                return project, table
    return None, {}


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML: {error}. Mend or remove it.") from error


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """This environment with changes, and with the directory on `PYTHONPATH` that starts tracing in an interpreter."""
    autoload = str(Path(__file__).parent / "sdk" / "autoload")
    before = os.environ.get("PYTHONPATH")
    path = f"{autoload}{os.pathsep}{before}" if before else autoload
    return {**os.environ, **changes, "PYTHONPATH": path}
