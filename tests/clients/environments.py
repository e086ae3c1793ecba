"""The environments that clients are tested in: what `env.toml` beside their tests asks for, oldest and newest.

Frameworks want each other's dependencies at versions that do not agree, and together take minutes to install: what has
an `env.toml` is tested in environments of its own (`make test-matrix`), everything else in the one of `make test`.
"""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
AGES = ("oldest", "newest")


@dataclass(slots=True, frozen=True, kw_only=True)
class Environment:
    """One environment: `name` is the folder's and the age, `needs` what pip is told to install beside tracekit."""

    name: str
    needs: tuple[str, ...]
    tests: tuple[str, ...]


def _read(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "env.toml").read_text(encoding="utf-8"))


def folders() -> list[Path]:
    """The folders of tests that have environments of their own."""
    return sorted(path.parent for path in HERE.glob("*/env.toml"))


def environments() -> list[Environment]:
    """All of them, by name."""
    found: list[Environment] = []
    for folder in folders():
        asked = _read(folder)
        tests = tuple(asked.get("tests", [f"tests/clients/{folder.name}"]))
        ages = filter(asked.__contains__, AGES)
        found += [Environment(name=f"{folder.name}-{age}", needs=tuple(asked[age]), tests=tests) for age in ages]
    return found


def elsewhere() -> list[str]:
    """The folders whose packages are not installed here: their tests run in environments of their own."""
    return [folder.name for folder in folders() if not all(map(_installed, _read(folder)["packages"]))]


def _installed(package: str) -> bool:
    """Whether it can be imported. Of a dotted name the packages around it come first: without them Python raises."""
    around = package.rpartition(".")[0]
    return (not around or _installed(around)) and importlib.util.find_spec(package) is not None
