"""A program that asks Pydantic AI, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from tests.support import weather


queue = weather.openai


def agent(url: str, **options: Any) -> Agent:
    client = openai.AsyncOpenAI(
        base_url=f"{url}/v1", api_key="none", max_retries=0, http_client=openai.DefaultAsyncHttpxClient(verify=False)
    )
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
    return (await agent(url).run(question)).output


async def _streamed(url: str, question: str) -> str:
    async with agent(url).run_stream(question) as result:
        return "".join([piece async for piece in result.stream_text(delta=True)])
