"""Connections to a judge: one for each request under way, used again by the next, and none left open."""

from __future__ import annotations

import asyncio

import pytest

from tracekit.evals.judges.transport import Transport

REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Server:
    """Answers every request with `{}`, once as many as `together` are under way."""

    def __init__(self, together: int) -> None:
        self.made = 0
        self.open = 0
        self.closed = asyncio.Event()
        self._barrier = asyncio.Barrier(together)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        self.open += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if b"content-length" in line]
                await reader.readexactly(int(lengths[0]))
                await self._barrier.wait()
                writer.write(REPLY)
        except asyncio.IncompleteReadError:
            pass  # the other side has closed it
        finally:
            self.open -= 1
            writer.close()
            if not self.open:
                self.closed.set()


@pytest.mark.parametrize(("together", "rounds"), [(1, 5), (4, 3)])
async def test_each_request_under_way_has_one_that_the_next_uses_again(together: int, rounds: int) -> None:
    server = Server(together)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        transport = Transport(f"http://127.0.0.1:{port}", headers={})
        for _ in range(rounds):
            answers = await asyncio.gather(*(transport.post("/v1", {}) for _ in range(together)))
            assert [answer.data for answer in answers] == [{}] * together
        assert server.made == together
        await transport.aclose()
        await asyncio.wait_for(server.closed.wait(), 10)
