"""A program that asks Semantic Kernel, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

from tests.support import weather

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own use of pydantic
    from semantic_kernel.agents import ChatCompletionAgent
    from semantic_kernel.connectors.ai.open_ai import (
        OpenAIChatCompletion,
        OpenAITextCompletion,
        OpenAITextPromptExecutionSettings,
    )
    from semantic_kernel.functions import kernel_function

queue = weather.openai


class Weather:
    @kernel_function
    def get_weather(self, city: str) -> str:
        """The weather in a city."""
        return weather.RESULT


def agent(client: Any) -> ChatCompletionAgent:
    service = OpenAIChatCompletion(ai_model_id=weather.MODEL, async_client=client)
    return ChatCompletionAgent(
        service=service, name="weather-agent", instructions=weather.INSTRUCTIONS, plugins=[Weather()]
    )


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False) -> str:
    return asyncio.run(_streamed(url, question) if stream else _whole(url, question))


async def _whole(url: str, question: str) -> str:
    async with weather.openai_client(url) as client:
        return str(await agent(client).get_response(question))


async def _streamed(url: str, question: str) -> str:
    async with weather.openai_client(url) as client:
        return "".join([str(piece.message) async for piece in agent(client).invoke_stream(question)])


def complete(url: str) -> str:
    return asyncio.run(_completed(url))


async def _completed(url: str) -> str:
    async with weather.openai_client(url) as client:
        service = OpenAITextCompletion(ai_model_id=weather.MODEL, async_client=client)
        (said,) = await service.get_text_contents(weather.QUESTION, OpenAITextPromptExecutionSettings())
        return said.text
