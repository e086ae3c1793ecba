"""What is kept and for how long, as a person writes it. Pure.

A trace is kept or forgotten whole, by the time at which it started.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tracekit.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_BYTES = {
    "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40,
}  # fmt: skip
_AGE = re.compile(r"(\d+)\s*([smhdw])")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m)")
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000}
_SHARE = re.compile(r"0?\.\d+|[01](?:\.0*)?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?I?B)", re.IGNORECASE)


@dataclass(slots=True, frozen=True, kw_only=True)
class TailSampling:
    """Which traces are kept once they are over: those with an error, slow ones, those that were judged, and a share.

    Attributes:
        ratio: the share that is kept of all others, by trace id, as head sampling takes it.
        slow_ms: duration from which a trace is slow; None: none is.
    """

    ratio: float
    slow_ms: float | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Retention:
    """How long and how much is kept; None is without end.

    Attributes:
        seconds: age at which traces are forgotten, of projects that are not in `projects`.
        projects: the same for some projects by name; None keeps a project's traces for ever.
        max_bytes: size of the database above which the oldest traces of all projects are forgotten.
        tail: which traces are kept at all.
    """

    seconds: int | None = None
    projects: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    max_bytes: int | None = None
    tail: TailSampling | None = None

    @property
    def endless(self) -> bool:
        """Whether everything is kept."""
        limits = self.seconds, self.max_bytes, self.tail
        return all(limit is None for limit in limits) and not any(self.projects.values())


def parse(ages: str | None, size: str | None, tail: str | None = None) -> Retention:
    """The settings `retention`, `max_size` and `tail_sample`.

    >>> parse("30d, scratch=12h, audit=keep", "1.5GB")
    Retention(seconds=2592000, projects={'scratch': 43200, 'audit': None}, max_bytes=1500000000, tail=None)
    >>> parse(None, None, "0.1, slow=2.5s").tail
    TailSampling(ratio=0.1, slow_ms=2500.0)

    Args:
        ages: an age, `project=age` for some projects, or several of these with commas between. An age is a number
            with s, m, h, d or w behind it, or the word `keep`.
        size: a number with B, kB, MB, GB, TB, or KiB to TiB behind it.
        tail: a share from 0 to 1, and beside it `slow=5s` (or ms, or m) where slow traces are to be kept too.

    Raises:
        UsageError: it says something else.
    """
    default: int | None = None
    projects: dict[str, int | None] = {}
    for part in (ages or "").split(","):
        project, is_named, age = part.rpartition("=")
        if is_named:
            projects[project.strip()] = _age(age)
        elif part.strip():
            default = _age(part)
    return Retention(seconds=default, projects=projects, max_bytes=_size(size) if size else None, tail=_tail(tail))


def _tail(text: str | None) -> TailSampling | None:
    ratio: float | None = None
    slow: float | None = None
    for part in filter(None, map(str.strip, (text or "").split(","))):
        name, is_named, value = map(str.strip, part.rpartition("="))
        if is_named and name == "slow" and (found := _DURATION.fullmatch(value)) is not None:
            slow = float(found[1]) * _MILLISECONDS[found[2]]
        elif not is_named and _SHARE.fullmatch(value) is not None:
            ratio = float(value)
        else:
            raise UsageError(f"tail_sample: {part!r} is not understood; write a share from 0 to 1, or 0.1, slow=5s.")
    if slow is not None and ratio is None:
        raise UsageError(f"tail_sample: {text!r} says no share to keep of what is not slow; write 0.1, slow=5s.")
    return None if ratio is None else TailSampling(ratio=ratio, slow_ms=slow)


def _age(text: str) -> int | None:
    if text.strip().lower() == "keep":
        return None
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"retention: {text.strip()!r} is no age; write a number with s, m, h, d or w behind it (30d), or keep."
        )
    return int(found[1]) * _SECONDS[found[2]]


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"max_size: {text.strip()!r} is no size; write a number with kB, MB, GB or TB behind it (10GB)."
        )
    return int(float(found[1]) * _BYTES[found[2].upper()])
