"""`docs/integrations.md` says of each integration what is so: kind, versions, what is patched, what was tested."""

from __future__ import annotations

import importlib
import re
import tomllib

import pytest

from tests.clients.environments import AGES
from tests.docs import markdown
from tracekit.sdk import registry
from tracekit.sdk.integration import Adoption, Integration
from tracekit_integrations import _retrieval

SECTIONS = markdown.sections(markdown.ROOT / "docs" / "integrations.md")
NAMES = sorted(registry.available())
_PLACES = re.compile(r"^\| (`[\w.]+`(?:, `[\w.]+`)*) \| (`[\w.]+`.*?) \|", re.MULTILINE)
"""A row of a table of places: modules in the first cell, and what of them in the second."""
_ASYNC = re.compile(r"^A?[Ss]ync(?=[A-Z])|(?<=\.)async_|_async$|^a(?=[a-z_]+$)")
"""What tells in a name whether it is the asynchronous one of two."""


def integration(name: str) -> Integration:
    return importlib.import_module(f"tracekit_integrations.{name}").integration


def kind(name: str) -> str:
    """By what means a client is recorded, in the words of the overview."""
    one = integration(name)
    if one.generic:
        return "transport"
    if one.adoption != Adoption():
        return "adopted"
    if one.runs is not None:
        return "events"
    module = importlib.import_module(f"tracekit_integrations.{name}")
    return "store of vectors" if getattr(module, "retrieval", None) is _retrieval else "patched"


def documented(section: str) -> set[tuple[str, str]]:
    """The places that the tables of a section name: module and attribute."""
    found = re.findall(r"modules? under\s+`([\w.]+)`", section)
    under = f"{found[0]}." if found else ""
    return {
        (f"{under}{module}", attribute)
        for modules, cell in _PLACES.findall(section)
        for module in re.findall(r"`([\w.]+)`", modules)
        for attribute in re.findall(r"`([\w.]+)`", cell)
    }


def pinned(name: str) -> set[str]:
    """The versions of a client that its tests' environments pin, those of `make test` where there is no newest."""
    one = integration(name)
    pins: dict[str, list[str]] = {age: [] for age in AGES}
    for path in (markdown.ROOT / "tests" / "clients").glob("*/env.toml"):
        asked = tomllib.loads(path.read_text(encoding="utf-8"))
        if path.parent.name == name or one.package in asked["packages"]:
            for age in AGES:
                pins[age] += asked.get(age, ())
    newest = pins["newest"] or (markdown.ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {
        version
        for pin in (*pins["oldest"], *newest)
        for version in re.findall(rf"^{re.escape(one.distribution)}(?:\[.*\])?==([\d.]+)", pin)
    }


def test_each_integration_has_a_section_in_alphabetical_order() -> None:
    assert list(SECTIONS)[-len(NAMES) :] == NAMES


def test_the_overview_names_each_integration_with_its_package_kind_and_versions() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \| (.+) \| (.+) \| `(.+)` \|$", SECTIONS["Overview"], re.MULTILINE)
    assert rows == [
        (name, name, f"`{one.distribution}`" if one.distribution else "any of these", kind(name), one.versions)
        for name in NAMES
        for one in [integration(name)]
    ]


def test_the_readme_counts_those_that_need_not_be_named() -> None:
    text = (markdown.ROOT / "README.md").read_text(encoding="utf-8")
    unnamed = [point for point in registry.available().values() if point.group != registry.OPT_IN]
    assert f"[{len(unnamed)} integrations](docs/integrations.md#overview)" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_section_begins_with_package_versions_and_what_was_tested(name: str) -> None:
    one, (head, *_) = integration(name), SECTIONS[name].strip().split("\n\n")
    assert f"`{one.distribution}" in head
    assert all(f"`{each}`" in head for each in one.versions.split(", "))
    told = set(re.findall(r"\d+(?:\.\d+)+", head.partition("Tested with")[2]))
    assert {version for version in pinned(name) if not {version, version.rpartition(".")[0]} & told} == set()


@pytest.mark.parametrize("name", NAMES)
def test_an_integration_says_which_versions_it_was_tested_with(name: str) -> None:
    told = integration(name).tested
    assert [version for version in pinned(name) if not {version, version.rpartition(".")[0]} & set(told)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_place_is_documented(name: str) -> None:
    """Those that calls are recorded at, and those that answer; a section that speaks of twins may leave those out."""
    one, section = integration(name), SECTIONS[name]
    there = {(each.module, each.attribute) for each in (*one.targets, *one.hooks, *one.adoption.answers)}
    due = {(each.module, each.attribute) for each in (*(one.targets or one.hooks), *one.adoption.answers)}
    told = documented(section)
    assert told <= there
    missing = due - told
    if "twin" in section:
        missing = plain(missing) - plain(told)
    assert missing == set()


def plain(places: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Places without what tells the asynchronous one of two twins."""
    return {(module, _ASYNC.sub("", name)) for module, name in places}
