"""Comparisons that are kept: the same traces are asked for again by each step through their calls.

One of two traces of 2,000 spans takes a fifth of a second to make. What is kept holds for one version of the store, and
is bounded by its bytes; the one that was asked for longest ago goes first. Safe in any thread.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit.query.comparing import Compared, compare
from tracekit.store.search.following import Queryable

MOST_BYTES = 64 << 20
"""Of all that are kept together."""
_SPAN = 2_048
"""Bytes of a row of a span, with its part of the alignment and without its texts; 2,062 were measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    version: int
    compared: Compared
    size: int


class Comparisons:
    """Makes comparisons, and keeps the last ones.

    Args:
        source: what answers.
        version: of what it holds: the same number, the same answers.
        most: bytes of what is kept.
    """

    def __init__(self, source: Queryable, version: Callable[[], int], *, most: int = MOST_BYTES) -> None:
        self._source = source
        self._version = version
        self._most = most
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, trace_ids: Sequence[str]) -> Compared | str:
        """The traces aligned, or the id of one that is not stored; see `tracekit.query.comparing.compare`."""
        key, version = tuple(trace_ids), self._version()  # before the question: a commit in between makes it outdated
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.version == version:
                self._kept.move_to_end(key)
                return kept.compared
        found = compare(self._source, trace_ids)
        if not isinstance(found, str):
            self._keep(key, _Kept(version=version, compared=found, size=_size(found)))
        return found

    def _keep(self, key: tuple[str, ...], made: _Kept) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = made
            outdated = [each for each, kept in self._kept.items() if kept.version != made.version]
            for each in outdated:
                del self._kept[each]
            while sum(kept.size for kept in self._kept.values()) > self._most:
                self._kept.popitem(last=False)


def _size(found: Compared) -> int:
    """About so many bytes."""
    return sum(_SPAN + _texts(span) for trace in found.traces for span in trace["spans"])


def _texts(span: Mapping[str, Any]) -> int:
    return sum(len(value) for value in span.values() if isinstance(value, str))
