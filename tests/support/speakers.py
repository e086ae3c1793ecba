"""The HTTP libraries that a program may speak to a model with, each behind the same few words.

aiohttp is tested in an environment of its own (`tests/clients/http`): where it is installed, google-genai uses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
import requests
import urllib3


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A library. Each function posts JSON to a URL.

    `whole` gives status and text. `lines` reads a stream to its end and gives its lines. `left` reads a little of a
    stream and lets the response go. `dropped` does not even look at the body. `slow` waits a twentieth of a second.
    """

    name: str
    whole: Callable[[str, Any], tuple[int, str]]
    lines: Callable[[str, Any], list[str]]
    left: Callable[[str, Any], bytes]
    dropped: Callable[[str, Any], int]
    slow: Callable[[str, Any], Any]
    timeout: str


def _httpx(module: Any) -> Speaker:
    def client() -> Any:
        return module.Client(verify=False)  # no CA files to load

    def whole(url: str, body: Any) -> tuple[int, str]:
        with client() as made:
            reply = made.post(url, json=body)
            return reply.status_code, reply.text

    def lines(url: str, body: Any) -> list[str]:
        with client() as made, made.stream("POST", url, json=body) as reply:
            return list(reply.iter_lines())

    def left(url: str, body: Any) -> bytes:
        with client() as made, made.stream("POST", url, json=body) as reply:
            return next(reply.iter_raw())

    def dropped(url: str, body: Any) -> int:
        with client() as made, made.stream("POST", url, json=body) as reply:
            return reply.status_code

    def slow(url: str, body: Any) -> Any:
        with client() as made:
            return made.post(url, json=body, timeout=0.05)

    return Speaker(
        name=module.__name__,
        whole=whole,
        lines=lines,
        left=left,
        dropped=dropped,
        slow=slow,
        timeout=f"{module.__name__}.ReadTimeout",
    )


def _httpx_async(module: Any) -> Speaker:
    def client() -> Any:
        return module.AsyncClient(verify=False)

    async def whole(url: str, body: Any) -> tuple[int, str]:
        async with client() as made:
            reply = await made.post(url, json=body)
            return reply.status_code, reply.text

    async def lines(url: str, body: Any) -> list[str]:
        async with client() as made, made.stream("POST", url, json=body) as reply:
            return [line async for line in reply.aiter_lines()]

    async def left(url: str, body: Any) -> bytes:
        async with client() as made, made.stream("POST", url, json=body) as reply:
            return await anext(reply.aiter_raw())

    async def dropped(url: str, body: Any) -> int:
        async with client() as made, made.stream("POST", url, json=body) as reply:
            return reply.status_code

    async def slow(url: str, body: Any) -> Any:
        async with client() as made:
            return await made.post(url, json=body, timeout=0.05)

    return Speaker(
        name=f"{module.__name__}-async",
        whole=run(whole),
        lines=run(lines),
        left=run(left),
        dropped=run(dropped),
        slow=run(slow),
        timeout=f"{module.__name__}.ReadTimeout",
    )


def run(ask: Callable[[str, Any], Awaitable[Any]]) -> Callable[[str, Any], Any]:
    """The same as a plain function, in a loop of its own."""

    async def asked(url: str, body: Any) -> Any:
        return await ask(url, body)

    return lambda url, body: asyncio.run(asked(url, body))


def _requests() -> Speaker:
    def whole(url: str, body: Any) -> tuple[int, str]:
        reply = requests.post(url, json=body, timeout=60)
        return reply.status_code, reply.text

    def lines(url: str, body: Any) -> list[str]:
        with requests.post(url, json=body, stream=True, timeout=60) as reply:
            return list(reply.iter_lines(decode_unicode=True))

    def left(url: str, body: Any) -> bytes:
        with requests.post(url, json=body, stream=True, timeout=60) as reply:
            return reply.raw.read1(50)

    def dropped(url: str, body: Any) -> int:
        with requests.post(url, json=body, stream=True, timeout=60) as reply:
            return reply.status_code

    return Speaker(
        name="requests",
        whole=whole,
        lines=lines,
        left=left,
        dropped=dropped,
        slow=lambda url, body: requests.post(url, json=body, timeout=0.05),
        timeout="urllib3.exceptions.ReadTimeoutError",
    )


def _urllib3() -> Speaker:
    def ask(url: str, body: Any, **options: Any) -> Any:
        with urllib3.PoolManager() as pool:
            return pool.request("POST", url, json=body, retries=False, **options)

    def whole(url: str, body: Any) -> tuple[int, str]:
        reply = ask(url, body)
        return reply.status, reply.data.decode()

    def lines(url: str, body: Any) -> list[str]:
        reply = ask(url, body, preload_content=False)
        return [line.decode().rstrip("\n") for line in reply]

    def left(url: str, body: Any) -> bytes:
        reply = ask(url, body, preload_content=False)
        data = reply.read(50)
        reply.close()
        return data

    def dropped(url: str, body: Any) -> int:
        return ask(url, body, preload_content=False).status

    return Speaker(
        name="urllib3",
        whole=whole,
        lines=lines,
        left=left,
        dropped=dropped,
        slow=lambda url, body: ask(url, body, timeout=0.05),
        timeout="urllib3.exceptions.ReadTimeoutError",
    )


SPEAKERS = (
    _httpx(httpx),
    _httpx_async(httpx),
    _httpx(httpx2),
    _httpx_async(httpx2),
    _requests(),
    _urllib3(),
)
