"""What a process knows of its own tracing, as one record of its journal: clients, points, calls, faults, cost.

Written when something has changed: at the end, at a flush, and now and then while calls end. Never for each call.
"""

from __future__ import annotations

import importlib.metadata
import secrets
import time
from functools import cache
from typing import Any

from tracekit.journal.records import HEALTH, encode
from tracekit.sdk import guard, registry
from tracekit.sdk.cost import Cost
from tracekit.sdk.runtime import runtime

SECONDS = 10.0
"""At the most so often while the program runs."""

_identity = secrets.token_hex(8)
_last: str | None = None


def report() -> dict[str, Any]:
    """What is known now; `clients` are those that are imported, and no others."""
    clients = [_client(present) for present in registry.installed.values() if present.found]
    faults = {where: [count, last] for where, (count, last) in guard.faults().items()}
    others = dict(registry.others)
    return {"id": _identity, "clients": clients, "others": others, "faults": faults, "cost": runtime.cost.report()}


def write() -> None:
    """Write the report down, where it says something that the last one did not."""
    global _last  # noqa: PLW0603 - once a process
    found = report()
    said = encode(found)
    counted = found["faults"] or found["others"] or any(each["requests"] or each["calls"] for each in found["clients"])
    if runtime.writer is None or not counted or said == _last:
        return
    _last = said
    runtime.writer.append(HEALTH, f'{{"time_ns":{time.time_ns()},{said[1:]}'.encode())


def _client(present: registry.Installed) -> dict[str, Any]:
    integration, health = present.integration, present.health
    return {
        "name": integration.name,
        "distribution": integration.distribution or None,
        "version": _version(integration.distribution),
        "supported": integration.versions,
        "tested": list(integration.tested),
        "patched": health.patched,
        "missing": health.missing,
        "requests": health.requests,
        "calls": health.calls.total(),
        "unseen": dict(health.unseen),
    }


@cache
def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution) if distribution else None
    except importlib.metadata.PackageNotFoundError:
        return None


def begin_anew() -> None:
    """Count from here on: in the child of a fork, and where tracing is put in place again."""
    global _identity, _last
    _identity, _last = secrets.token_hex(8), None
    runtime.cost = Cost(runtime.cost.budget)
    registry.others.clear()
    for present in registry.installed.values():
        present.health.forget()
