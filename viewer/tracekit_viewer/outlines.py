"""The trees of the traces that were looked at last, laid out once: a long trace is asked for part by part.

A tree holds as long as nothing was stored since. Owns how many spans are kept; refuses to keep a trace that alone
exceeds that.
"""

from __future__ import annotations

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tracekit.query.outline import get_outline
from tracekit.store.search.following import Queryable
from tracekit_viewer.presenters.minimap import Minimap, minimap
from tracekit_viewer.presenters.waterfall import Waterfall, arranged

MOST = 150_000
"""Spans of all trees that are kept, each of some 700 bytes."""
LARGE = 5_000
"""Spans from which a trace is laid out once at a time, whoever asks for it."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Outline:
    """A trace laid out, and the map of it; None of one of which there are only the rows yet."""

    tree: Waterfall
    map: Minimap | None


@dataclass(slots=True, kw_only=True)
class Outlines:
    """Trees by trace id, each with the version of the store that it is of."""

    source: Queryable
    version: Callable[[], int]
    _kept: OrderedDict[str, tuple[int, Outline]] = field(default_factory=OrderedDict[str, tuple[int, Outline]])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _laying_out: threading.Lock = field(default_factory=threading.Lock)

    def of(self, trace: Mapping[str, Any], *, whole: bool = True) -> Outline:
        """The tree of a trace.

        Args:
            trace: its row of the `traces` view.
            whole: False where a long trace that is not known yet may come without its critical path and its map, which
                take as long as its rows.
        """
        known = self._known(trace)
        if known is not None and (known.map is not None or not whole):
            return known
        if trace["span_count"] < LARGE:
            return self._made(trace, whole=True)
        with self._laying_out, _uncollected():  # whoever asks for it meanwhile waits for this one
            version = self.version()  # before the look: a commit in between makes what is kept old
            known = self._known(trace) or self._made(trace, whole=whole)
            if known.map is not None or not whole:
                return known
            return self._keep(trace, version, _mapped(replace(known.tree, bare=False)))

    def _known(self, trace: Mapping[str, Any]) -> Outline | None:
        with self._lock:
            version, outline = self._kept.get(trace["trace_id"], (None, None))
            if outline is None or version != self.version():
                return None
            self._kept.move_to_end(trace["trace_id"])
            return outline

    def _made(self, trace: Mapping[str, Any], *, whole: bool) -> Outline:
        version = self.version()  # before the question: a commit in between makes this one old
        tree = arranged(get_outline(self.source, trace), now=datetime.now(UTC))
        return self._keep(trace, version, _mapped(tree) if whole else Outline(tree=replace(tree, bare=True), map=None))

    def _keep(self, trace: Mapping[str, Any], version: int, found: Outline) -> Outline:
        if not found.tree.axis.growing:  # else it is of this moment only
            with self._lock:
                self._kept[trace["trace_id"]] = (version, found)
                self._kept.move_to_end(trace["trace_id"])
                while sum(outline.tree.total for _, outline in self._kept.values()) > MOST:
                    self._kept.popitem(last=False)
        return found


def _mapped(tree: Waterfall) -> Outline:
    return Outline(tree=tree, map=minimap(tree))


@contextmanager
def _uncollected() -> Generator[None]:
    """For less than a second no garbage is looked for: among 100,000 new objects a third of the time went there."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
