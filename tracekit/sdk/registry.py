"""Integrations: found by entry point, put in place, taken out again; and requests that none of them has seen."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from opentelemetry import context as otel

from tracekit import config
from tracekit.errors import UsageError, tell
from tracekit.sdk import adopted, guard, transport
from tracekit.sdk.context import INSIDE
from tracekit.sdk.installed import Installed
from tracekit.sdk.integration import Integration
from tracekit.sdk.patching import when_imported
from tracekit.sdk.runtime import runtime

GROUP = "opentelemetry_instrumentor"
OPT_IN = "tracekit_opt_in"
"""The group of those that are put in place only where they are named."""
_DISTRIBUTION = "tracekit-llm"
_PACKAGES = {
    "autogen": "autogen_core",
    "google_adk": "google.adk",
    "google_genai": "google.genai",
    "langchain": "langchain_core",
    "openai_agents": "agents",
}
"""Of those that are not called like the package that they are of, that package."""

installed: dict[str, Installed] = {}
"""What is in place in this process, by integration name."""

_awaited: dict[str, Callable[[], None]] = {}
"""Integrations whose clients cannot be imported yet, and most of them never will be: they are not even loaded."""

others: Counter[str] = Counter()
"""Requests to models that no client known here has sent and nothing has recorded, by the HTTP library."""

_transport: Installed | None = None


def _passing(library: str, path: str) -> None:
    """A request to a model leaves the process: count it for the call that it belongs to, or say that there is none."""
    inside = otel.get_current().get(INSIDE)
    if isinstance(inside, Integration):
        if inside.name in installed:
            installed[inside.name].health.requests += 1
        return
    known = {each.integration.package: each for each in installed.values() if each.integration.targets}
    known.pop("", None)
    found = transport.sender(known.keys())
    if found is None:
        others[library] += 1
        return
    present = known[found.package]
    present.health.requests += 1
    present.health.unseen[found.function] += 1
    if present.health.unseen[found.function] == 1:
        _say_unseen(present, found.function, path)


def _say_unseen(present: Installed, function: str, path: str) -> None:
    missing = f" It lacks {', '.join(present.health.missing)}." if present.health.missing else ""
    tell(
        f"{present.integration.distribution}: {function} has sent POST {path}, and no span was made of it. Versions "
        f"{present.integration.versions} are supported.{missing} Such calls are counted (`tracekit doctor` tells), and "
        'recorded by `autolog(instrument=["http"])`.'
    )
    if runtime.tell_health is not None:
        guard.call("health", runtime.tell_health)


def available() -> dict[str, importlib.metadata.EntryPoint]:
    """Our integrations by name, those to be named included.

    They stand in our own package's metadata: to ask for all entry points of a group reads those of every package.
    """
    try:
        points = importlib.metadata.distribution(_DISTRIBUTION).entry_points
    except importlib.metadata.PackageNotFoundError:
        return {}
    return {point.name: point for point in points if point.group in (GROUP, OPT_IN)}


def known(names: Collection[str]) -> Collection[str]:
    """The names, each of an integration that there is.

    Raises:
        UsageError: there is none for one of them.
    """
    unknown = sorted(set(names) - available().keys()) if names else ()
    if unknown:
        there = ", ".join(sorted(available()))
        raise UsageError(f"no integration is called {', '.join(unknown)}; there are: {there}.")
    return names


def install(names: Collection[str] | None = None, exclude: Collection[str] = ()) -> None:
    """Put integrations in place, each at most once.

    Args:
        names: those to put in place. One that is put in place only where it is named comes to the others, and narrows
            nothing: without any other name, all but the rest of its like are put in place.
        exclude: those to leave alone.

    Raises:
        UsageError: a name that there is no integration for.
    """
    known(names or ())
    known(exclude)
    points = available()
    optional = {name for name, point in points.items() if point.group == OPT_IN}
    named, default = set(names or ()), points.keys() - optional
    wanted = default if names is None else named if named - optional or not named else named | default
    off = {*exclude, *config.disabled_instrumentations()}
    _watch_transport()
    for name in sorted((wanted | default) - installed.keys()):
        put = functools.partial(_put, points[name], taken=name in wanted and name not in off and "*" not in off)
        if _is_there(package_of(name)):
            put()
        else:
            _awaited[name] = put
            when_imported(package_of(name), functools.partial(_arrived, name))


def _put(point: importlib.metadata.EntryPoint, *, taken: bool) -> None:
    instrumentor_class = guard.call(f"load {point.name}", point.load)
    if instrumentor_class is not None and taken:
        instrumentor_class().instrument()
    elif instrumentor_class is not None:
        instrumentor_class().leave_out()


def _arrived(name: str) -> None:
    put = _awaited.pop(name, None)
    if put is not None:
        put()


def package_of(name: str) -> str:
    """The package that an integration is of, without loading it."""
    return _PACKAGES.get(name, name)


def _is_there(package: str) -> bool:
    """Whether a package can be imported; of one within another, that other is imported."""
    if package in sys.modules:
        return True
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # what it would be within is not there, or is no package
        return False


def _watch_transport() -> None:
    """Before any integration, so that a generic one lies above: what that records passes inside its call."""
    global _transport  # noqa: PLW0603 - once a process
    if _transport is None:
        _transport = Installed(transport.watched(_passing))


def uninstall() -> None:
    """Take every integration out again."""
    global _transport  # noqa: PLW0603 - once a process
    _awaited.clear()
    while installed:
        installed.popitem()[1].uninstall()
    if _transport is not None:
        _transport.uninstall()
    _transport = None
    others.clear()


def instrumentor(integration: Integration) -> type[Any]:
    """The class that an entry point names, with the two methods that `opentelemetry-instrument` calls."""

    class Instrumentor:
        """Puts one integration in place, and takes it out."""

        name = integration.name

        def instrument(self, **_kwargs: Any) -> None:
            """Patch the client, now or when it is imported. A second call changes nothing."""
            if integration.name not in installed:
                installed[integration.name] = Installed(integration)

        def leave_out(self) -> None:
            """What the client traces by itself is not to come onto a provider of ours."""
            adopted.know(integration, taken=False)

        def uninstrument(self, **_kwargs: Any) -> None:
            """Put the client back exactly as it was."""
            present = installed.pop(integration.name, None)
            if present is not None:
                present.uninstall()

    Instrumentor.__name__ = Instrumentor.__qualname__ = f"{integration.name.title().replace('_', '')}Instrumentor"
    return Instrumentor
