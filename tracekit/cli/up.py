"""`tracekit up`: receivers, ingest loop and viewer in one process. The one place that puts them together."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import os
import secrets
import signal
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit import config
from tracekit.cli import EXIT_INTERRUPTED
from tracekit.cli.output import talk
from tracekit.cli.store import retention
from tracekit.errors import StoreError, UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from starlette.types import ASGIApp

    from tracekit.collector.acceptance import Acceptance
    from tracekit.collector.durable import GroupCommit
    from tracekit.collector.grpc import GrpcReceiver
    from tracekit.collector.ingest import Ingest
    from tracekit.collector.loop import Stored
    from tracekit.model import Score
    from tracekit.query.running import Running
    from tracekit.query.source import StoreSource
    from tracekit.store import Retention

_SHOWN_SECONDS = 1.0
"""How long the answer to a score waits, once that is durable, for the store to have it, which the next page shows."""
_WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, never chosen


@dataclasses.dataclass(slots=True, frozen=True, kw_only=True)
class _Grpc:
    port: int
    asked: bool


@dataclasses.dataclass(slots=True, frozen=True, kw_only=True)
class _Options:
    host: str
    port: int
    grpc: _Grpc | None
    directory: Path
    database: Path
    token: str | None
    retention: Retention


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--host", help=f"address (default {config.DEFAULT_HOST}); beyond loopback it needs a token")
    parser.add_argument("--port", type=int, help=f"port to bind (default {config.DEFAULT_PORT}); 0 picks a free one")
    grpc = parser.add_mutually_exclusive_group()
    grpc.add_argument(
        "--grpc-port",
        type=int,
        help=f"port for OTLP/gRPC (default {config.DEFAULT_GRPC_PORT}, where grpcio is installed); 0 picks a free one",
    )
    grpc.add_argument("--no-grpc", action="store_true", help="answer HTTP only")
    parser.add_argument("--dir", help="data directory (default $TRACEKIT_DIR, ./.tracekit, or the user's)")
    parser.add_argument("--db", help="database file (default traces.duckdb in the data directory)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.epilog = "example: tracekit up --port 0 --no-browser"


def run(args: argparse.Namespace) -> int:
    """Serve until a signal; 0 after SIGTERM, 130 after SIGINT.

    Raises:
        TracekitError: a taken port, a directory or database that cannot be used, an exposed address without a token.
    """
    from tracekit.collector import memory
    from tracekit.query.extras import require_server

    require_server()
    memory.settle()
    from tracekit.collector.sockets import bind
    from tracekit.query.source import hold, prepare

    options = _options(args)
    with contextlib.closing(bind(options.host, options.port)) as listening:
        prepare(options.directory)
        with hold(options.directory, options.database) as source:
            ended_by = _serve(options, source, listening, browser=not args.no_browser and sys.stdout.isatty())
    return EXIT_INTERRUPTED if ended_by == signal.SIGINT else 0


def _options(args: argparse.Namespace) -> _Options:
    from tracekit.collector.sockets import is_loopback

    directory = config.directory(args.dir)
    host = str(config.setting("host", args.host, default=config.DEFAULT_HOST).value)
    token = config.setting("token").value
    if not is_loopback(host) and not token:
        raise UsageError(
            f"--host {host} can be reached from other machines, and no token protects it. Set TRACEKIT_TOKEN to a long "
            "random word, or bind 127.0.0.1."
        )
    return _Options(
        host=host,
        port=config.integer("port", args.port, default=config.DEFAULT_PORT),
        grpc=None if args.no_grpc else _grpc(args.grpc_port),
        directory=directory,
        database=config.database(directory, args.db),
        token=str(token) if token else None,
        retention=retention(),
    )


def _grpc(port: int | None) -> _Grpc | None:
    """Where to answer OTLP/gRPC; None where nobody asks for it and its package is not there.

    Raises:
        UsageError: it is asked for, and it is not there.
    """
    from tracekit.query.extras import has_grpc, require_grpc

    if config.setting("grpc_port", port).value is None:
        return _Grpc(port=config.DEFAULT_GRPC_PORT, asked=False) if has_grpc() else None
    require_grpc()
    return _Grpc(port=config.integer("grpc_port", port, default=config.DEFAULT_GRPC_PORT), asked=True)


def _serve(options: _Options, source: StoreSource, listening: socket.socket, *, browser: bool) -> int | None:
    """Put the parts together, run them, take them apart; the signal that ended it."""
    from tracekit.collector.acceptance import Acceptance
    from tracekit.collector.durable import GroupCommit
    from tracekit.collector.indexing import IndexLoop
    from tracekit.collector.loop import IngestLoop
    from tracekit.collector.server import Server
    from tracekit.journal.writer import JournalWriter
    from tracekit.query.running import Running, withdraw
    from tracekit_viewer.render import Renderer

    host, port = listening.getsockname()[:2]
    running = Running(
        url=_url(options.host, port),
        pid=os.getpid(),
        key=secrets.token_urlsafe(24),
        instance=secrets.token_hex(8),
        database=str(options.database),
    )
    server = Server()
    writer = JournalWriter(options.directory / config.JOURNAL, role="collector")
    loop = IngestLoop(
        source.ingest, tell=talk, failed=server.stop, stored=_journals_stored(options), keeps=options.retention
    )
    journal = GroupCommit(writer, appended=loop.wake)
    acceptance = Acceptance(journal)
    grpc = _grpc_receiver(options, running, acceptance, host=host)

    def ready() -> None:
        _tell(options, dataclasses.replace(running, grpc=grpc.address if grpc else None), source, browser=browser)
        threading.Thread(target=Renderer.load().compile, name="tracekit-templates", daemon=True).start()

    app = _application(
        options,
        running,
        source,
        acceptance,
        grpc=grpc,
        record=_recorder(journal, source.ingest),
        closing=server.closing,
    )
    indexing = IndexLoop(source.store, tell=talk)
    loop.start()
    indexing.start()
    try:
        ended_by = server.run(app, listening, beside=_beside(options, grpc), ready=ready, ended=source.interrupt)
    finally:
        journal.close()
        writer.close()
        loop.stop()
        indexing.stop()
        withdraw(options.directory, running.instance)
    if loop.broken:
        raise StoreError("traces cannot be stored (see above). The journals keep them; start `tracekit up` again.")
    return ended_by


def _recorder(journal: GroupCommit, ingest: Ingest) -> Callable[[Score], Awaitable[None]]:
    """What makes a score of a page durable: as an OTLP request, in the journal, before anything is answered."""
    from tracekit.journal.records import SCORE, score_record

    async def record(score: Score) -> None:
        await journal.append(SCORE, score_record(score).encode())
        with contextlib.suppress(StoreError):  # it is on the disk; the ingest loop tells, and tries again
            await asyncio.to_thread(ingest.fold, seconds=_SHOWN_SECONDS)

    return record


def _journals_stored(options: _Options) -> Stored:
    """What becomes of journals that are stored whole."""
    if options.database != options.directory / config.DATABASE:
        return "kept"  # the directory's own database may still want them
    if not config.boolean("keep_journals", default=False):
        return "removed"
    return "packed" if config.boolean("compress_journals", default=False) else "kept"


def _tell(options: _Options, running: Running, source: StoreSource, *, browser: bool) -> None:
    """Make it known that requests are answered."""
    from tracekit.query.health import outdated_spans
    from tracekit.query.running import announce

    announce(options.directory, running)
    print(running.url, flush=True)
    talk(f"traces in {options.directory}; Ctrl-C ends.")
    if running.grpc:
        talk(f"OTLP/gRPC on {running.grpc}.")
    outdated = outdated_spans(source)
    if outdated:
        talk(f"{outdated} spans were read by older dialects; `tracekit reindex` reads them anew.")
    if browser:
        webbrowser.open(running.url)


def _grpc_receiver(options: _Options, running: Running, acceptance: Acceptance, *, host: str) -> GrpcReceiver | None:
    if options.grpc is None:
        return None
    from tracekit.collector.access import Keys
    from tracekit.collector.grpc import GrpcReceiver

    keys = Keys(options.token, running.key) if options.token else None
    return GrpcReceiver(acceptance, host=host, port=options.grpc.port, keys=keys)


@contextlib.asynccontextmanager
async def _beside(options: _Options, grpc: GrpcReceiver | None) -> AsyncGenerator[None]:
    """Answer gRPC too; HTTP goes on without it where its port is taken and nobody has asked for it."""
    async with contextlib.AsyncExitStack() as stack:
        if grpc is not None and options.grpc is not None:
            try:
                await stack.enter_async_context(grpc)
            except UsageError as error:
                if options.grpc.asked:
                    raise
                talk(f"OTLP/gRPC is not answered: {error}")
        yield


def _application(
    options: _Options,
    running: Running,
    source: StoreSource,
    acceptance: Acceptance,
    *,
    grpc: GrpcReceiver | None,
    record: Callable[[Score], Awaitable[None]],
    closing: Callable[[], bool],
) -> ASGIApp:
    """Every route behind its guards."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    from tracekit.collector.access import LOOPBACK_NAMES, HostGuard, Keys, TokenGuard
    from tracekit.collector.receiver import Receiver
    from tracekit.evals.archive import archive
    from tracekit.query.keeping import keeping
    from tracekit.query.saved import Shelf
    from tracekit.query.serve import api_routes
    from tracekit_viewer.app import error_handlers, viewer_routes

    keys = Keys(options.token, running.key) if options.token else None
    receiver = Receiver(
        acceptance,
        instance=running.instance,
        quarantined=source.ingest.quarantine.count,
        grpc=lambda: grpc.address if grpc else None,
    )
    routes = [
        *receiver.routes(),
        *api_routes(source, key=running.key),
        *viewer_routes(
            source,
            attachments=source.ingest.attachments,
            archive=archive(options.directory),
            shelf=Shelf(options.directory),
            version=source.version,
            record=record,
            keeping=lambda: keeping(source, options.directory, options.database, retention=options.retention),
            closing=closing,
            keys=keys,
        ),
    ]
    guards: list[Middleware] = []
    if options.host not in _WILDCARDS:  # the names it is reached by cannot be known: its token is what guards it
        guards.append(Middleware(HostGuard, names=(*LOOPBACK_NAMES, options.host)))
    if keys is not None:
        guards.append(Middleware(TokenGuard, keys=keys))
    return Starlette(
        routes=routes,
        middleware=[*guards, Middleware(GZipMiddleware, compresslevel=5)],
        exception_handlers=error_handlers(),
    )


def _url(host: str, port: int) -> str:
    name = config.DEFAULT_HOST if host in _WILDCARDS else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
