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

_SECRETS = frozenset({"redaction_key", "token", "judge_key", "embedder_key"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--conformance", action="store_true", help="hold spans against the GenAI conventions instead of all that"
    )
    parser.add_argument(
        "--trace", action="append", default=[], metavar="ID", help="with --conformance: this trace; may be repeated"
    )
    parser.add_argument(
        "--points", action="store_true", help="import the clients that are installed, and look for each place to patch"
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
    if args.points:
        looked = points([client["name"] for client in known if client["version"]])
        known = [{**client, **looked.get(client["name"], {})} for client in known]
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
    from tracekit.sdk.registry import OPT_IN, available

    return [_client(point, opt_in=point.group == OPT_IN) for point in sorted(available().values())]


def _client(point: importlib.metadata.EntryPoint, *, opt_in: bool) -> dict[str, Any]:
    from tracekit.query.tracing import verified

    try:
        integration: Integration = importlib.import_module(point.module).integration
    except ImportError as error:
        empty = dict.fromkeys(("distribution", "version", "supported", "tested", "verified"))
        return {**empty, "name": point.name, "opt_in": opt_in, "error": str(error)}
    version = _version(integration.distribution)
    return {
        "name": point.name,
        "distribution": integration.distribution,
        "version": version,
        "supported": integration.versions,
        "tested": list(integration.tested),
        "verified": verified(version, integration.versions),
        "opt_in": opt_in,
        "error": None,
    }


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution) if distribution else None
    except importlib.metadata.PackageNotFoundError:
        return None


def points(names: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Which places of these clients are patched here and which are missing, by client. Imports each of them."""
    from tracekit.sdk.patching import Patch, PatchPointMissingError, resolve
    from tracekit.sdk.registry import available

    there = available()
    found: dict[str, dict[str, list[str]]] = {}
    for name in names:
        integration: Integration = importlib.import_module(there[name].module).integration
        told = found[name] = {"patched": [], "missing": []}
        for place in (*integration.targets, *integration.hooks):
            try:
                owner, attribute = resolve(place.module, place.attribute)
                Patch.apply(owner, attribute, lambda original: original).undo()
            except PatchPointMissingError:
                if getattr(place, "everywhere", True):
                    told["missing"].append(f"{place.module}.{place.attribute}")
            else:
                told["patched"].append(f"{place.module}.{place.attribute}")
    return found


def _text(report: Mapping[str, Any]) -> list[str]:
    data = report["data"]
    parts = [
        [f"tracekit {report['tracekit']}, Python {report['python']}"],
        _section("settings", [(row["name"], _value(row["value"]), row["source"]) for row in report["settings"]]),
        _section("data", _data(data)),
        _section("journals", _journals(data["journals"])),
        _section("clients", [(row["name"], _seen(row), _verdict(row)) for row in report["clients"]]),
        _section("clients in programs", [_in_programs(row) for row in data["tracing"]["clients"]]),
        _section("tracing's own time", [_own_time(row) for row in data["tracing"]["processes"]]),
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


def _seen(client: Mapping[str, Any]) -> str:
    return client["version"] or ("where it is named" if client["opt_in"] else "not installed")


def _verdict(client: Mapping[str, Any]) -> str:
    if client["error"]:
        return "cannot be loaded"
    tested = f", tested with {', '.join(client['tested'])}" if client["tested"] else ""
    if client["verified"] is None:
        return f"supported: {client['supported']}"
    said = "verified" if client["verified"] else f"not verified (supported: {client['supported']}{tested})"
    if "missing" not in client:
        return said
    lacking = f": {', '.join(client['missing'])}" if client["missing"] else ""
    return f"{said}; {len(client['patched'])} points found, {len(client['missing'])} missing{lacking}"


def _in_programs(client: Mapping[str, Any]) -> tuple[str, str, str]:
    """One client as the newest program that has it told of it."""
    found = f"{len(client['patched'])} points found, {len(client['missing'])} missing"
    said = f"{client['calls']} calls, {client['requests']} requests, {client['unseen']} of them without a span; {found}"
    return visible(client["client"]), visible(client["version"] or "-"), said


def _own_time(process: Mapping[str, Any]) -> tuple[str, str, str]:
    if process["overhead_mean_ms"] is None:
        return visible(process["program"] or "-"), str(process["pid"]), "no calls recorded"
    share = "" if process["overhead_share"] is None else f", {process['overhead_share']:.2%} of their time"
    said = (
        f"{process['calls']} calls: {process['overhead_mean_ms']:.2f} ms in the mean, "
        f"{process['overhead_p99_ms']:.2f} ms at the 99th percentile{share}"
    )
    shed = f"; {process['shed']} without content" if process["shed"] else ""
    return visible(process["program"] or "-"), str(process["pid"]), said + shed


def _value(value: Any) -> str:
    return "-" if value is None else line(str(value))
