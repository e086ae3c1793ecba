"""The thread that keeps the search index up with the store. Nothing waits for it, and its failures are only told."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tracekit.collector.requests import FAULTS
from tracekit.errors import StoreError
from tracekit.store import Store
from tracekit.store.search.following import catch_up

LAG_SECONDS = 1.0
"""How often it looks; what comes meanwhile is indexed together, which costs less."""
RETRY_SECONDS = 30.0


class IndexLoop:
    """Indexes what a store has got, until it is stopped.

    Args:
        store: the store; this process holds it.
        tell: takes sentences for a person: why words cannot be indexed.
    """

    def __init__(self, store: Store, *, tell: Callable[[str], None]) -> None:
        self._store = store
        self._tell = tell
        self._stopping = threading.Event()
        self._seen: int | None = None
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="tracekit-index", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._store.handover.open()
        self._thread.start()

    def stop(self) -> None:
        """End with the step that is under way; what is left is indexed next time."""
        self._stopping.set()
        self._thread.join()
        self._store.handover.close()

    def _run(self) -> None:
        for path in self._store.index.mend():
            self._tell(f"the search index {path.name} was damaged; it is written anew from the store.")
        while not self._stopping.wait(LAG_SECONDS if self._trouble is None else RETRY_SECONDS):
            self._look()

    def _look(self) -> None:
        version = self._store.version
        if version == self._seen:
            return
        try:
            caught = catch_up(self._store.index, self._store, seconds=LAG_SECONDS)
        except (StoreError, *FAULTS) as error:  # a text that we cannot read must not end the thread unseen
            why = str(error) if isinstance(error, StoreError) else f"words could not be indexed: {error!r}."
            if why != self._trouble:
                self._trouble = why
                self._tell(f"{why} Spans are stored as ever; a search reads the newest of them itself meanwhile.")
            return
        self._trouble = None
        if not caught.behind:
            self._seen = version
