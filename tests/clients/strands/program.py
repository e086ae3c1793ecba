"""A program that asks Strands Agents, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

from tests.support import weather
from tests.support.provider import Provider

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own use of what it deprecates
    from strands import Agent, tool
    from strands.models.openai import OpenAIModel


@tool
def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: its name.
    """
    return weather.RESULT


def queue(provider: Provider, *, stream: bool = False) -> None:
    """It asks for a stream whatever its own caller asks for."""
    weather.openai(provider, stream=True)


def agent(url: str) -> Agent:
    client: Any = {"base_url": f"{url}/v1", "api_key": "none", "max_retries": 0}
    model = OpenAIModel(client_args=client, model_id=weather.MODEL)
    return Agent(
        model=model,
        tools=[get_weather],
        system_prompt=weather.INSTRUCTIONS,
        name="weather-agent",
        callback_handler=None,
    )


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False) -> str:
    if stream:
        return asyncio.run(_streamed(url, question))
    return str(agent(url)(question)).strip()


async def _streamed(url: str, question: str) -> str:
    return "".join([event["data"] async for event in agent(url).stream_async(question) if "data" in event])
