"""What users may rely on is documented, and what is documented is there: both ways, from the source itself."""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route

import tracekit
from tests.clients.conformance.explained import EXPLAINED
from tests.docs import markdown
from tracekit import cli, config
from tracekit.collector import stored
from tracekit.dialects.out import DIALECTS_OUT
from tracekit.model import RawLog, RawMetricPoint, Span
from tracekit.store.duckdb import open_store

DOCS = markdown.ROOT / "docs"
SOURCES = [markdown.ROOT / folder for folder in ("tracekit", "integrations", "viewer")]


def flags(*modules: str) -> set[str]:
    """The flags of the verbs of modules."""
    found: set[str] = set()
    for module in modules:
        made = argparse.ArgumentParser(allow_abbrev=False)
        importlib.import_module(module).arguments(made)
        found |= {
            option for action in made._actions if action.help != argparse.SUPPRESS for option in action.option_strings
        }
    return found - {"-h", "--help"}


def inner(verb: str) -> dict[str, str]:
    """The verbs that may follow a verb, each with its module."""
    module = cli.module_of(verb)
    names: dict[str, str] = getattr(importlib.import_module(module), "VERBS", {})
    return {name: f"{module}_{name.replace('-', '_')}" for name in names}


def documented_flags(text: str) -> set[str]:
    return set(re.findall(r"`(--?[a-z][a-z-]*)", text))


def columns(tmp_path: Path, view: str) -> list[tuple[str, str]]:
    store = open_store(tmp_path / "traces.duckdb")
    try:
        return [
            (row[0], row[1].replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"))
            for row in store.sql(f"describe {view}").rows
        ]
    finally:
        store.close()


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_flag_of_a_command_is_documented(verb: str) -> None:
    section = markdown.sections(DOCS / "cli.md")[f"tracekit {verb}"].partition("\n### tracekit ")[0]
    assert documented_flags(section) == flags(cli.module_of(verb))


@pytest.mark.parametrize(("verb", "name"), [(verb, name) for verb in cli.VERBS for name in inner(verb)])
def test_every_flag_of_a_verb_of_a_verb_is_documented(verb: str, name: str) -> None:
    section = markdown.sections(DOCS / "cli.md", level=3)[f"tracekit {verb} {name}"]
    assert documented_flags(section.partition("\n## ")[0]) == flags(inner(verb)[name])


def test_no_command_is_documented_that_is_not_there() -> None:
    titles = [title for title in markdown.sections(DOCS / "cli.md") if title.startswith("tracekit ")]
    assert titles == [f"tracekit {verb}" for verb in cli.VERBS]


def test_every_exit_code_is_documented() -> None:
    assert cli.__doc__ is not None
    promised = set(re.findall(r"(\d+) [a-z]", cli.__doc__.partition("Exit codes:")[2]))
    documented = set(re.findall(r"^\| (\d+) \|", (DOCS / "cli.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert promised == documented


def test_every_variable_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(TRACEKIT_\w+)` \| `(\w+)`", text, re.MULTILINE))
    assert rows == {(variable.env, variable.name) for variable in config.VARIABLES}


def test_every_variable_of_opentelemetry_that_is_looked_at_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    named = {
        name
        for folder in SOURCES
        for path in folder.rglob("*.py")
        for name in re.findall(r"[\"'](OTEL_[A-Z_]+)[\"']", path.read_text(encoding="utf-8"))
    }
    assert "OTEL_SDK_DISABLED" in named
    assert {name for name in named if f"`{name}`" not in text} == set()


VIEWS = ("spans", "traces", "messages", "scores", "gaps", "sampled_out", "health", "processes", "logs", "metrics")


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_is_documented_with_its_type(view: str, tmp_path: Path) -> None:
    section = markdown.sections(DOCS / "views.md")[view]
    assert re.findall(r"^\| `(\w+)` \| ([A-Z\[\]]+) \|", section, re.MULTILINE) == columns(tmp_path, view)


def test_what_a_dialect_out_loses_is_documented() -> None:
    documented = re.findall(
        r"^\| `(\w+)` \| ([\w, ]+) \| (.+) \|$", (DOCS / "dialects-out.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    lost = {
        (loss.field, ", ".join(loss.kinds) if loss.kinds else "all", loss.why)
        for dialect in DIALECTS_OUT.values()
        for loss in dialect.lost
    }
    assert set(documented) == lost


def test_every_difference_from_opentelemetrys_instrumentations_is_documented() -> None:
    text = (DOCS / "conformance.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| ([\w, ]+) \| `(.+?)` \| (\w+) \| (\w+) \| (.+) \|$", text, re.MULTILINE)
    explained = [(", ".join(each.clients), each.place, each.side, each.conventions, each.why) for each in EXPLAINED]
    assert documented == explained


@pytest.mark.parametrize(
    ("title", "kind", "beside"),
    [("A span", Span, {"open", "carried"}), ("A log record", RawLog, set()), ("A data point", RawMetricPoint, set())],
)
def test_every_member_of_a_bundles_lines_is_documented(title: str, kind: type, beside: set[str]) -> None:
    section = markdown.sections(DOCS / "bundle.md")[title]
    cells = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == stored.READERS[kind].keys() | beside


def test_every_public_name_is_documented_with_its_parameters() -> None:
    text = (DOCS / "python-api.md").read_text(encoding="utf-8")
    missing = {name for name in tracekit.__all__ if f"`{name}" not in text}
    for name in ("autolog", "span", "context", "score", "flush", "trace"):
        parameters = [each for each in inspect.signature(getattr(tracekit, name)).parameters if each != "function"]
        missing |= {f"{name}({each})" for each in parameters if not re.search(rf"\b{each}\b", text)}
    assert missing == set()


def test_every_route_is_documented(tmp_path: Path) -> None:
    documented = set(
        re.findall(r"^\| `(?:GET|POST) (/[^`]*)` \|", (DOCS / "http.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {path for route in routes(tmp_path) for path in paths(route)} == documented


def routes(tmp_path: Path) -> list[BaseRoute]:
    from tracekit.collector.acceptance import Acceptance
    from tracekit.collector.access import Keys
    from tracekit.collector.durable import GroupCommit
    from tracekit.collector.ingest import Ingest
    from tracekit.collector.receiver import Receiver
    from tracekit.evals.archive import Archive
    from tracekit.journal.writer import JournalWriter
    from tracekit.query.keeping import keeping
    from tracekit.query.saved import Shelf
    from tracekit.query.serve import api_routes
    from tracekit.query.source import StoreSource
    from tracekit.store import Retention
    from tracekit_viewer.app import viewer_routes

    store = open_store(tmp_path / "traces.duckdb")
    journal = GroupCommit(JournalWriter(tmp_path / "journal"), appended=lambda: None)
    try:
        source = StoreSource(store, Ingest(tmp_path / "journal", store))
        receiver = Receiver(Acceptance(journal), instance="test")
        archive = Archive(tmp_path)

        async def record(_: object) -> None: ...

        pages = viewer_routes(
            source,
            attachments=source.ingest.attachments,
            archive=archive,
            shelf=Shelf(tmp_path),
            version=lambda: 0,
            record=record,
            keys=Keys("test"),
            keeping=lambda: keeping(source, tmp_path, tmp_path / "traces.duckdb", retention=Retention()),
        )
        return [*receiver.routes(), *api_routes(source, key="test"), *pages]
    finally:
        journal.close()
        store.close()


def paths(route: BaseRoute) -> list[str]:
    if isinstance(route, Mount):
        return [f"{route.path}{path}" for inner in route.routes for path in paths(inner)] or [route.path]
    return [route.path] if isinstance(route, Route) else []
