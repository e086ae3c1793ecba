"""How tracing itself does in the programs that wrote here: clients, calls that left no span, faults, own time.

Each client as the newest process that has it told of it, with the sums of all. What is wrong is said in sentences.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from tracekit.query.resolve import QUERIES
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

PROCESSES = 20
"""The newest processes that are shown; the view `processes` has all."""


@dataclass(slots=True, kw_only=True)
class Tracing:
    """Rows of the views `health`, one for each client, and `processes`, newest first, with what they say decoded."""

    clients: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    processes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def problems(self) -> list[str]:
        """What is wrong by the newest report of each client and of the newest process."""
        return [said for client in self.clients for said in _wrong(client)] + [
            f"faults of tracekit's own in {place}: {count} in process {process['process']} (the last: {last})."
            for process in self.processes[:1]
            for place, (count, last) in process["faults"].items()
        ]


def tracing(source: Queryable) -> Tracing:
    """What the programs have told of their tracing."""
    clients = source.sql(statement(QUERIES, "client_health")).dicts()
    processes = source.sql(statement(QUERIES, "process_health"), {"limit": PROCESSES}).dicts()
    for client in clients:
        client["verified"] = verified(client["version"], client["supported"])
    for process in processes:
        process["faults"] = _decoded(process["faults"])
    return Tracing(clients=clients, processes=processes)


def verified(version: str | None, supported: str | None) -> bool | None:
    """Whether a version is among those supported; None where either is not known, or is none of one package's."""
    if not version or not supported:
        return None
    try:
        return SpecifierSet(supported).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def _decoded(faults: Any) -> dict[str, tuple[int, str]]:
    found = json.loads(faults) if isinstance(faults, str) else faults
    return {
        str(place): (int(said[0]), str(said[1]))
        for place, said in (found or {}).items()
        if isinstance(said, list) and len(said) == len(("count", "last"))
    }


def _wrong(client: Mapping[str, Any]) -> list[str]:
    if not client["unseen"]:
        return []
    version = f" {client['version']}" if client["version"] else ""
    missing = f"; it lacks {', '.join(client['missing'])}" if client["missing"] else ""
    said = (
        f"{client['client']}{version}: {client['unseen']} of {client['requests']} requests left no span, "
        f"from {', '.join(client['unseen_functions'])} in process {client['process']}{missing}. "
        'Use a supported version, or `autolog(instrument=["http"])`.'
    )
    return [said]
