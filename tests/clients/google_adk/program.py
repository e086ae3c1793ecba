"""A program that asks Google's Agent Development Kit, and knows nothing of tracing."""

from __future__ import annotations

import asyncio
import warnings
from functools import cached_property
from typing import Any

from tests.support import weather

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own use of what is deprecated
    from google import genai
    from google.adk.agents import LlmAgent, RunConfig
    from google.adk.agents.run_config import StreamingMode
    from google.adk.models.google_llm import Gemini
    from google.adk.runners import InMemoryRunner
    from google.genai import types

queue = weather.gemini


class Local(Gemini):
    """Gemini on this machine."""

    url: str

    @cached_property
    def api_client(self) -> genai.Client:
        return genai.Client(api_key="none", vertexai=False, http_options=types.HttpOptions(base_url=self.url))


def get_weather(city: str) -> str:
    """The weather in a city."""
    return weather.RESULT


def ask(url: str, question: str = weather.QUESTION, *, stream: bool = False) -> str:
    return asyncio.run(_ask(url, question, stream=stream))


async def _ask(url: str, question: str, *, stream: bool) -> str:
    model: Any = Local(model=weather.GEMINI, url=url)
    agent = LlmAgent(name="weather_agent", model=model, instruction=weather.INSTRUCTIONS, tools=[get_weather])
    runner = InMemoryRunner(agent=agent, app_name="weather")
    session = await runner.session_service.create_session(app_name="weather", user_id="user-1")
    message = types.Content(role="user", parts=[types.Part(text=question)])
    mode = RunConfig(streaming_mode=StreamingMode.SSE if stream else StreamingMode.NONE)
    said = ""
    asked = runner.run_async(user_id="user-1", session_id=session.id, new_message=message, run_config=mode)
    async for event in asked:
        if event.content is not None and not event.partial:
            said += "".join(part.text or "" for part in event.content.parts or ())
    return said
