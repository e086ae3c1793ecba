"""One ASGI application on one socket, from the moment it answers to a clean end on SIGINT or SIGTERM.

What is served beside it begins before it and ends after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tracekit.errors import TracekitError

GRACE_SECONDS = 5
"""How long requests may take to finish once the end has been asked for; live pages are cut off then."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server:
    """Serves one application until a signal or `stop` ends it."""

    def __init__(self) -> None:
        self._stopping = False
        self._signal: int | None = None
        self._uvicorn: uvicorn.Server | None = None

    def stop(self) -> None:
        """End as a signal would; safe in any thread."""
        self._stopping = True
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True

    def closing(self) -> bool:
        """Whether the end has been asked for: what streams should then end."""
        return self._stopping or (self._uvicorn is not None and self._uvicorn.should_exit)

    def run(
        self,
        app: ASGIApp,
        listening: socket.socket,
        *,
        beside: contextlib.AbstractAsyncContextManager[Any],
        ready: Callable[[], None],
        ended: Callable[[], None],
    ) -> int | None:
        """Serve; returns the signal that ended it, or None.

        Args:
            app: what answers.
            listening: a bound socket; closed at the end.
            beside: open in the same event loop for as long as this serves.
            ready: called once requests are answered.
            ended: called once none is any more: ends what still works for requests that were cut off.
        """
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="critical",  # uvicorn's own lines repeat what `up` says
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._uvicorn = uvicorn.Server(config)
        with self._signals():
            asyncio.run(self._serve(self._uvicorn, listening, beside=beside, ready=ready, ended=ended))
        return self._signal

    async def _serve(
        self,
        server: uvicorn.Server,
        listening: socket.socket,
        *,
        beside: contextlib.AbstractAsyncContextManager[Any],
        ready: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        async with beside:
            await self._answer(server, listening, ready=ready, ended=ended)

    async def _answer(
        self,
        server: uvicorn.Server,
        listening: socket.socket,
        *,
        ready: Callable[[], None],
        ended: Callable[[], None],
    ) -> None:
        server.should_exit = self._stopping
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - a flag is all that uvicorn offers
            await asyncio.sleep(0.005)
        try:
            await asyncio.to_thread(ready)
        except TracekitError:
            server.should_exit = True
            await serving
            raise
        try:
            await serving
        finally:
            ended()

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        """Take the signals for the whole run: uvicorn raises them once more when it has ended, and they end here."""
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._signal = number
        self.stop()
