"""aiohttp, behind the same few words as the others."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from tests.support.speakers import Speaker, run


async def whole(url: str, body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        return reply.status, await reply.text()


async def lines(url: str, body: Any) -> list[str]:
    async with aiohttp.ClientSession() as session, session.post(url, data=json.dumps(body).encode()) as reply:
        return [line.decode().rstrip("\n") async for line in reply.content]


async def left(url: str, body: Any) -> bytes:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        return await reply.content.read(50)


async def dropped(url: str, body: Any) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        return reply.status


async def slow(url: str, body: Any) -> Any:
    limit = aiohttp.ClientTimeout(total=0.05)
    base, _, path = url.rpartition("/v1/")
    async with (
        aiohttp.ClientSession(f"{base}/", timeout=limit) as session,
        session.post(f"v1/{path}", json=body) as got,
    ):
        return await got.read()


AIOHTTP = Speaker(
    name="aiohttp",
    whole=run(whole),
    lines=run(lines),
    left=run(left),
    dropped=run(dropped),
    slow=run(slow),
    timeout="TimeoutError",
)
