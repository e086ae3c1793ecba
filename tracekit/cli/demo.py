"""`tracekit demo`: records a realistic session through the real client, then serves it as `tracekit up` does.

The session goes into a directory of its own, `demo` in the data directory, so that it never mixes with real traces. It
is recorded once; later starts serve it at once.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from tracekit import config, state, units
from tracekit.cli.output import rows, talk
from tracekit.errors import UsageError
from tracekit.text import line, undated


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--dir", help="directory of the demo (default: demo in the data directory)")
    parser.add_argument("--host", help=f"address to bind (default {config.DEFAULT_HOST})")
    parser.add_argument(
        "--port",
        type=int,
        help=f"port to bind; 0 picks one (default {config.DEFAULT_PORT}, or a free one if it is taken)",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--no-serve", action="store_true", help="record the session and end")
    parser.add_argument("--fresh", action="store_true", help="record the session again, beside what is there")
    parser.epilog = "example: tracekit demo --port 0 --no-browser"


def run(args: argparse.Namespace) -> int:
    """Record if need be, say what there is, serve.

    Raises:
        TracekitError: a package is missing, the session failed, or it cannot be served.
    """
    from tracekit.query.extras import require_server

    require_server()
    if importlib.util.find_spec("openai") is None:
        raise UsageError('the demo drives the openai client. Run: pip install "tracekit-llm[demo]"')
    from tracekit.demo.record import record, recorded

    directory = Path(args.dir).expanduser().absolute() if args.dir else config.directory() / "demo"
    if args.fresh or not recorded(directory):
        talk(f"recording a session of the travel desk at Lakeside Cycles into {directory} ...")
        record(directory)
    _tell(directory)
    return 0 if args.no_serve else _serve(args, directory)


def _tell(directory: Path) -> None:
    """Say what is recorded; reading it also brings the journal into the store before anything is served."""
    from tracekit.query.source import open_source
    from tracekit.query.traces import list_traces

    with open_source(directory, db=directory / config.DATABASE) as source:
        traces = list_traces(source, limit=20).traces
    cells = [
        [
            line(str(trace["name"])),
            str(trace["user_id"] or ""),
            state.of_trace(trace).word,
            str(trace["span_count"]),
            line(", ".join(map(undated, trace["models"]))),
            units.money(trace["cost_usd"]).text,
        ]
        for trace in traces
    ]
    talk(f"recorded in {directory}:")
    table = rows(["trace", "user", "status", "spans", "models", "cost"], cells, right=["spans", "cost"])
    for text in table.splitlines():
        talk(f"  {text}")


def _serve(args: argparse.Namespace, directory: Path) -> int:
    from tracekit.cli import up
    from tracekit.query.running import find

    running = find(directory)
    if running is not None:
        talk(f"process {running.pid} already serves it.")
        print(running.url)
        return 0
    port = _port(args.host, args.port)
    database = str(directory / config.DATABASE)
    return up.run(
        argparse.Namespace(
            host=args.host,
            port=port,
            grpc_port=None,
            no_grpc=True,  # the demo records by itself, and leaves the usual port to a `tracekit up` beside it
            dir=str(directory),
            db=database,
            no_browser=args.no_browser,
        )
    )


def _port(host: str | None, asked: int | None) -> int | None:
    """The port asked for; where nobody asks, the usual one, or any that is free when it is taken."""
    from tracekit.collector.sockets import bind

    if config.setting("port", asked).value is not None:
        return asked
    try:
        bind(str(config.setting("host", host, default=config.DEFAULT_HOST).value), config.DEFAULT_PORT).close()
    except UsageError as error:
        talk(f"{error} The demo picks a free one.")
        return 0
    return config.DEFAULT_PORT
