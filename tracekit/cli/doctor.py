"""`tracekit doctor`: what is set and by whom, what state the data is in, which clients are there, and what is wrong."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekit import config, units
from tracekit._version import __version__
from tracekit.cli import conformance, output
from tracekit.cli.store import add_store
from tracekit.errors import UsageError
from tracekit.text import line, visible

if TYPE_CHECKING:
    from tracekit.sdk.integration import Integration

EXIT_WRONG = 1

_GROUP = "opentelemetry_instrumentor"
_HOME = "tracekit_integrations."
_SECRETS = frozenset({"redaction_key", "token"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--conformance", action="store_true", help="hold spans against the GenAI conventions instead of all that"
    )
    parser.add_argument(
        "--trace", action="append", default=[], metavar="ID", help="with --conformance: this trace; may be repeated"
    )
    add_store(parser)
    parser.epilog = "exit code: 0 when nothing is wrong, 1 when something is"


def run(args: argparse.Namespace) -> int:
    """Print the report; 1 when something is wrong."""
    from tracekit.query.extras import require_server

    require_server()
    if args.conformance:
        return conformance.run(args)
    if args.trace:
        raise UsageError("--trace is for --conformance, which looks at spans.")
    from tracekit.query.health import examine

    directory = config.directory(args.dir)
    health = examine(directory, config.database(directory, args.db)).as_dict()
    known = clients()
    problems = health.pop("problems") + [
        f"the integration {client['name']} cannot be loaded: {client['error']}." for client in known if client["error"]
    ]
    report = {
        "tracekit": __version__,
        "python": platform.python_version(),
        "settings": settings(args),
        "data": health,
        "clients": known,
        "problems": problems,
    }
    if args.json:
        output.dump(report)
    else:
        print("\n".join(_text(report)))
    return EXIT_WRONG if problems else 0


def settings(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Every documented setting: name, value (None where none is set), where it came from. Secrets are not shown."""
    given: Mapping[str, Path | None] = {"dir": args.dir, "db": args.db}
    rows: list[dict[str, Any]] = []
    for variable in config.VARIABLES:
        found = config.setting(variable.name, given.get(variable.name))
        value = "(set)" if variable.name in _SECRETS and found.value else found.value
        rows.append({"name": variable.name, "env": variable.env, "value": value, "source": found.source})
    return rows


def clients() -> list[dict[str, Any]]:
    """Every client that tracekit knows: its installed version (None: not installed), and whether that one is verified.

    An integration that cannot be loaded has an `error`, and nothing else is known of it.
    """
    points = importlib.metadata.entry_points(group=_GROUP)
    return [_client(point) for point in sorted(points) if point.value.startswith(_HOME)]


def _client(point: importlib.metadata.EntryPoint) -> dict[str, Any]:
    from packaging.specifiers import SpecifierSet

    try:
        integration: Integration = importlib.import_module(point.module).integration
    except ImportError as error:
        empty = dict.fromkeys(("distribution", "version", "supported", "verified"))
        return {**empty, "name": point.name, "error": str(error)}
    try:
        version = importlib.metadata.version(integration.distribution)
    except importlib.metadata.PackageNotFoundError:
        version = None
    return {
        "name": point.name,
        "distribution": integration.distribution,
        "version": version,
        "supported": integration.versions,
        "verified": None if version is None else SpecifierSet(integration.versions).contains(version, prereleases=True),
        "error": None,
    }


def _text(report: Mapping[str, Any]) -> list[str]:
    data = report["data"]
    parts = [
        [f"tracekit {report['tracekit']}, Python {report['python']}"],
        _section("settings", [(row["name"], _value(row["value"]), row["source"]) for row in report["settings"]]),
        _section("data", _data(data)),
        _section("journals", _journals(data["journals"])),
        _section(
            "clients", [(row["name"], row["version"] or "not installed", _verdict(row)) for row in report["clients"]]
        ),
        _section(
            "wrong" if report["problems"] else "nothing is wrong", [(visible(said),) for said in report["problems"]]
        ),
    ]
    return [text for part in parts for text in [*part, ""]][:-1]


def _section(title: str, entries: Sequence[Sequence[str]]) -> list[str]:
    wide = (
        [max((len(entry[column]) for entry in entries if len(entry) > 1), default=0) for column in (0, 1)]
        if entries
        else []
    )
    texts = ("  ".join(cell.ljust(size) for cell, size in zip(entry, [*wide, 0], strict=False)).rstrip()
             if len(entry) > 1 else entry[0] for entry in entries)  # fmt: skip
    return [title, *(f"  {text}" for text in texts)]


def _data(data: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if data["mode"] is None:
        return [("directory", visible(data["directory"]), "not there yet: nothing has been recorded")]
    up, kept = data["up"], data["attachments"]
    return [
        ("directory", visible(data["directory"]), f"mode {data['mode']}, {units.size(data['free_bytes']).text} free"),
        ("database", visible(data["database"]), _database(data)),
        ("read by older dialects", str(data["outdated_spans"] or 0), "spans; `tracekit reindex` reads them anew"),
        ("attachments", str(kept["files"]), _attachments(data)),
        ("set aside", str(data["quarantined"]), "records in quarantine/"),
        ("tracekit up", up["url"] if up else "not running", _process(up) if up else ""),
    ]


def _process(up: Mapping[str, Any]) -> str:
    return f"process {up['pid']}, {'OTLP/gRPC on ' + up['grpc'] if up['grpc'] else 'no OTLP/gRPC'}"


def _attachments(data: Mapping[str, Any]) -> str:
    missing = data["missing_attachments"]
    return units.size(data["attachments"]["bytes"]).text + (f", {missing} missing" if missing else "")


def _database(data: Mapping[str, Any]) -> str:
    if data["database_bytes"] is None:
        return "not there yet"
    size = f"{units.size(data['database_bytes']).text}, mode {data['database_mode']}"
    if data["schema_version"] is None:
        return size
    return f"{size}, schema {data['schema_version']}, {data['spans']} spans in {data['traces']} traces"


def _journals(journals: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    size = units.size(journals["bytes"]).text
    packed = f", {journals['packed']} packed" if journals["packed"] else ""
    counts = (
        ("files", journals["files"], f"{size}, {journals['live']} still being written{packed}"),
        ("unread", units.size(journals["unread_bytes"]).text, ""),
        ("faults", journals["faults"], f"{units.size(journals['skipped_bytes']).text} skipped"),
        ("missing records", journals["missing_records"], "written and never seen"),
        ("dropped records", journals["dropped_records"], "that a writer could not write"),
        *((f"OTLP {name}", number, "requests received") for name, number in sorted(journals["received"].items())),
    )
    return [(name, str(value), said) for name, value, said in counts]


def _verdict(client: Mapping[str, Any]) -> str:
    if client["error"]:
        return "cannot be loaded"
    if client["verified"] is None:
        return f"supported: {client['supported']}"
    return "verified" if client["verified"] else f"not verified (supported: {client['supported']})"


def _value(value: Any) -> str:
    return "-" if value is None else line(str(value))
