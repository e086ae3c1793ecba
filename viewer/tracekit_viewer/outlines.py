"""The trees of the traces that were looked at last, laid out once: a long trace is asked for part by part.

A tree holds as long as nothing was stored since. Owns how many spans are kept; refuses to keep a trace that alone
exceeds that.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tracekit.query.outline import get_outline
from tracekit.store.search.following import Queryable
from tracekit_viewer.presenters.minimap import Minimap, minimap
from tracekit_viewer.presenters.waterfall import Waterfall, arranged

MOST = 150_000
"""Spans of all trees that are kept: some 60 MB."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Outline:
    """A trace laid out, and the map of it."""

    tree: Waterfall
    map: Minimap


@dataclass(slots=True, kw_only=True)
class Outlines:
    """Trees by trace id, each with the version of the store that it is of."""

    source: Queryable
    version: Callable[[], int]
    _kept: OrderedDict[str, tuple[int, Outline]] = field(default_factory=OrderedDict[str, tuple[int, Outline]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, trace: Mapping[str, Any]) -> Outline:
        """The tree of a trace.

        Args:
            trace: its row of the `traces` view.
        """
        key, version = trace["trace_id"], self.version()
        with self._lock:
            known = self._kept.get(key)
            if known is not None and known[0] == version:
                self._kept.move_to_end(key)
                return known[1]
        tree = arranged(get_outline(self.source, trace), now=datetime.now(UTC))
        found = Outline(tree=tree, map=minimap(tree))
        if not tree.axis.growing:  # else it is of this moment only
            self._keep(key, version, found)
        return found

    def _keep(self, key: str, version: int, found: Outline) -> None:
        with self._lock:
            self._kept[key] = (version, found)
            self._kept.move_to_end(key)
            while sum(outline.tree.total for _, outline in self._kept.values()) > MOST:
                self._kept.popitem(last=False)
