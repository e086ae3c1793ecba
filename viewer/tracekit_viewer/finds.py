"""What was looked for in traces of late: the rows of a trace are fetched part by part, and their texts are read once.

What was found holds as long as nothing was stored since. Owns how many answers are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracekit.query.finding import Finding, find
from tracekit.store.search.following import Queryable
from tracekit_viewer.presenters.waterfall import Waterfall

MOST = 32
"""Answers that are kept, each of at most as many ids as its trace has spans."""


@dataclass(slots=True, kw_only=True)
class Finds:
    """Answers by trace and text, each with the version of the store that it is of."""

    source: Queryable
    version: Callable[[], int]
    _kept: OrderedDict[tuple[str, str], tuple[int, Finding]] = field(
        default_factory=OrderedDict[tuple[str, str], tuple[int, Finding]]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, trace: Mapping[str, Any], tree: Waterfall, text: str) -> Finding:
        """The spans of a trace that hold a text; see `tracekit.query.finding.find`.

        Args:
            trace: its row of the `traces` view.
            tree: its spans.
            text: what is looked for.
        """
        version, key = self.version(), (trace["trace_id"], text)  # before the look: a commit in between makes it old
        with self._lock:
            known = self._kept.get(key)
        if known is not None and known[0] == version:
            return known[1]
        found = find(self.source, trace, tree.nesting.stems, text)
        with self._lock:
            self._kept[key] = (version, found)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return found
