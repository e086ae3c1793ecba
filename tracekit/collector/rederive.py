"""Stored spans read anew, as the dialects and prices of today read them: those that log records came for, or all.

Rows are replaced in one transaction with the note that it is to be done, so whoever dies half way goes on there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tracekit import semconv as sc
from tracekit.errors import RefusedRowsError
from tracekit.model import RawSpan, Span
from tracekit.store import Batch, Position, Store
from tracekit.store.attachments import Attachments

AT_ONCE = 1000
"""Spans read back for one transaction: it bounds the memory, and each transaction has costs of its own."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Rederived:
    """What became of spans that were read anew; `position` is where to go on, None where there are no more."""

    changed: int = 0
    same: int = 0
    failed: int = 0
    position: Position | None = None


class Rederiver:
    """Derives stored spans anew. To be used by one thread at a time, the one that writes.

    Args:
        store: where the spans are.
        charge: sets what a span has cost, where that is known.
        attachments: takes base64 that older rows still hold.
    """

    def __init__(self, store: Store, charge: Callable[[Span], None], attachments: Attachments) -> None:
        self._store = store
        self._charge = charge
        self._attachments = attachments

    def join_logs(self) -> int:
        """Bring the rows of spans up with the log records that speak of them; how many there were.

        Raises:
            StoreError: the store cannot take them; a later call finds them again.
        """
        joined = 0
        while spans := self._store.unread(AT_ONCE):
            try:
                self._store.commit(Batch(rederived=[self._derived(raw) for raw in spans]))
            except RefusedRowsError:
                self._join_singly(spans)
            joined += len(spans)
        return joined

    def reindex(self, after: Position, *, dialect: str | None = None) -> Rederived:
        """Read the next spans anew.

        Args:
            after: the position where the call before has ended.
            dialect: only spans that were understood by this one.

        Raises:
            StoreError: the store cannot take them; nothing has changed.
        """
        spans = self._store.raw_spans(after, dialect=dialect, limit=AT_ONCE)
        if not spans:
            return Rederived()
        last = spans[-1]
        changed, failed = self._replace(spans)
        return Rederived(
            changed=changed,
            same=len(spans) - changed - failed,
            failed=failed,
            position=Position(start_ns=last.start_ns, trace_id=last.trace_id, span_id=last.span_id),
        )

    def _replace(self, spans: list[RawSpan]) -> tuple[int, int]:
        """Replace rows, one by one where the database refuses them together; how many differed, how many it refused."""
        try:
            return self._store.commit(Batch(rederived=[self._derived(raw) for raw in spans])).changed, 0
        except RefusedRowsError:
            if len(spans) == 1:
                return 0, 1
        done = [self._replace([raw]) for raw in spans]
        return sum(changed for changed, _ in done), sum(failed for _, failed in done)

    def _join_singly(self, spans: list[RawSpan]) -> None:
        """Join spans one by one; one whose logs the database refuses stays as it was, and says why."""
        for raw in spans:
            try:
                self._store.commit(Batch(rederived=[self._derived(raw)]))
            except RefusedRowsError as error:
                alone = replace(raw, logs=[], attributes={**raw.attributes, sc.FAULT: f"its log records: {error}"})
                self._store.commit(Batch(rederived=[self._derived(alone)]))

    def _derived(self, raw: RawSpan) -> Span:
        from tracekit.dialects import canonical, reports  # noqa: PLC0415 - most programs read nothing anew
        from tracekit.store.extraction import extract  # noqa: PLC0415

        span = canonical(raw)
        if reports(span):
            self._charge(span)
        span, blobs = extract(span)
        self._attachments.keep(blobs)
        return span
