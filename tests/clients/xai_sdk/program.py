"""A program that asks xAI, runs the tool itself, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from xai_sdk import AsyncClient, Client
from xai_sdk.chat import system, tool, tool_result, user

from tests.clients.xai_sdk import server
from tests.support import weather

_PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = tool("get_weather", "The weather in a city.", _PARAMETERS)


@contextmanager
def serving(*, stream: bool = False) -> Iterator[str]:
    with server.serving() as url:
        yield url


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False, model: str = server.MODEL) -> str:
    return asyncio.run(_streamed(url, question)) if stream else _whole(url, question, model)


def _chat(client: Any, question: str, model: str) -> Any:
    return client.chat.create(model=model, messages=[system(weather.INSTRUCTIONS), user(question)], tools=[TOOL])


def _whole(url: str, question: str, model: str) -> str:
    client = Client(api_key="none", api_host=url)
    chat = _chat(client, question, model)
    response = chat.sample()
    while response.tool_calls:
        chat.append(response)
        chat.append(tool_result(weather.RESULT))
        response = chat.sample()
    client.close()
    return response.content


async def _streamed(url: str, question: str) -> str:
    client = AsyncClient(api_key="none", api_host=url)
    chat = _chat(client, question, server.MODEL)
    said = ""
    while True:
        pieces = [piece async for piece in chat.stream()]
        said += "".join(chunk.content for _, chunk in pieces)
        response = pieces[-1][0]
        if not response.tool_calls:
            break
        chat.append(response)
        chat.append(tool_result(weather.RESULT))
    await client.close()
    return said
