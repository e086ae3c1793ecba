"""The viewer over a real store, on a real port, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from tests.support.stores import new_store
from tracekit.collector.access import Keys, TokenGuard
from tracekit.evals.archive import Archive
from tracekit.model import Score, Span
from tracekit.query.keeping import keeping
from tracekit.query.saved import Shelf
from tracekit.store import Batch, Retention, Store
from tracekit.store.attachments import Attachments
from tracekit_viewer.app import error_handlers, viewer_routes


@dataclass(slots=True, frozen=True, kw_only=True)
class Served:
    """A running viewer: where it answers, what it shows with its attachments, and the server itself."""

    url: str
    store: Store
    attachments: Attachments
    archive: Archive
    shelf: Shelf
    server: uvicorn.Server

    def add(self, *traces: Iterable[Span]) -> None:
        """Commit more spans, the open ones as open."""
        spans = [span for trace in traces for span in trace]
        self.store.commit(
            Batch(
                spans=[span for span in spans if span.end_ns is not None],
                opened={"app.tkj": [span for span in spans if span.end_ns is None]},
            )
        )


@contextmanager
def serve(directory: Path, *, token: str = "") -> Generator[Served]:
    """Serve an empty store of `directory`, to those who have the token where there is one."""
    store = new_store(directory / "traces.duckdb")
    keys = Keys(token) if token else None
    guards = [Middleware(TokenGuard, keys=keys)] if keys else []
    app = Starlette(exception_handlers=error_handlers(), middleware=guards)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none", lifespan="off")
    )

    async def record(score: Score) -> None:
        store.commit(Batch(scores=[score]))

    attachments, archive, shelf = Attachments(directory), Archive(directory), Shelf(directory)
    app.router.routes.extend(
        viewer_routes(
            store,
            attachments=attachments,
            archive=archive,
            shelf=shelf,
            version=lambda: store.version,
            record=record,
            keeping=lambda: keeping(store, directory, directory / "traces.duckdb", retention=Retention()),
            closing=lambda: server.should_exit,
            keys=keys,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(
            url=f"http://127.0.0.1:{port}",
            store=store,
            attachments=attachments,
            archive=archive,
            shelf=shelf,
            server=server,
        )
    finally:
        server.should_exit = True
        thread.join(10)
        store.close()
        assert not thread.is_alive(), "the server did not stop within 10 s"
