"""A program that asks Microsoft's Agent Framework, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
from typing import Any

from agent_framework import Agent, tool
from agent_framework.openai import OpenAIChatCompletionClient

from tests.support import weather

queue = weather.openai


@tool(approval_mode="never_require")
def get_weather(city: str) -> str:
    """The weather in a city."""
    return weather.RESULT


def agent(client: Any) -> Agent:
    chat = OpenAIChatCompletionClient(model=weather.MODEL, async_client=client)
    return Agent(client=chat, instructions=weather.INSTRUCTIONS, name="weather-agent", tools=[get_weather])


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False) -> str:
    return asyncio.run(_streamed(url, question) if stream else _whole(url, question))


async def _whole(url: str, question: str) -> str:
    async with weather.openai_client(url) as client:
        return (await agent(client).run(question)).text


async def _streamed(url: str, question: str) -> str:
    async with weather.openai_client(url) as client:
        return "".join([update.text async for update in agent(client).run(question, stream=True)])
