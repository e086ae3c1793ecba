"""A program that asks Semantic Kernel, and knows nothing of tracing."""

from __future__ import annotations

import asyncio

import openai
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function

from tests.support import weather


queue = weather.openai


class Weather:
    @kernel_function
    def get_weather(self, city: str) -> str:
        """The weather in a city."""
        return weather.RESULT


def agent(url: str) -> ChatCompletionAgent:
    client = openai.AsyncOpenAI(
        base_url=f"{url}/v1", api_key="none", max_retries=0, http_client=openai.DefaultAsyncHttpxClient(verify=False)
    )
    service = OpenAIChatCompletion(ai_model_id=weather.MODEL, async_client=client)
    return ChatCompletionAgent(
        service=service, name="weather-agent", instructions=weather.INSTRUCTIONS, plugins=[Weather()]
    )


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False) -> str:
    return asyncio.run(_streamed(url, question) if stream else _whole(url, question))


async def _whole(url: str, question: str) -> str:
    return str(await agent(url).get_response(question))


async def _streamed(url: str, question: str) -> str:
    return "".join([str(piece.message) async for piece in agent(url).invoke_stream(question)])
