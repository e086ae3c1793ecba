"""A program that asks Pydantic AI, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.support import weather

queue = weather.openai


def agent(client: Any, **options: Any) -> Agent:
    model = OpenAIChatModel(weather.MODEL, provider=OpenAIProvider(openai_client=client))
    made: Agent = Agent(model, instructions=weather.INSTRUCTIONS, name="weather-agent", retries=0, **options)

    @made.tool_plain
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return weather.RESULT

    return made


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False) -> str:
    return asyncio.run(_streamed(url, question) if stream else _whole(url, question))


async def _whole(url: str, question: str) -> str:
    async with weather.openai_client(url) as client:
        return (await agent(client).run(question)).output


async def _streamed(url: str, question: str) -> str:
    async with weather.openai_client(url) as client, agent(client).run_stream(question) as result:
        return "".join([piece async for piece in result.stream_text(delta=True)])
