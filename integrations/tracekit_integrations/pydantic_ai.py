"""Pydantic AI: its own spans, switched on for agents, embedders and image generators that the program does not set up.

`Agent.instrument_all()` is a class attribute, which is what we set: what the program says there, or of one agent, wins.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from tracekit.sdk.adopted import providers
from tracekit.sdk.integration import Adoption, Answer, Integration
from tracekit.sdk.registry import instrumentor

_DEFAULTS = ("agent.Agent", "embeddings.Embedder", "images.ImageGenerator")
"""Classes whose default for all is set. They are there once the whole package is."""


@functools.cache
def _settings(include_content: bool) -> Any:  # noqa: FBT001 - cached by position
    module: Any = sys.modules["pydantic_ai.models.instrumented"]
    return module.InstrumentationSettings(**providers("pydantic_ai"), include_content=include_content)


def _switched_on(said: Any, content: bool) -> Any:  # noqa: FBT001 - the signature of an answer
    return _settings(content) if said is False else said


integration = Integration(
    name="pydantic_ai",
    package="pydantic_ai",
    distribution="pydantic-ai-slim",
    versions=">=1.50,<3",
    tested=("1.50.0", "2.68.0"),
    adoption=Adoption(
        answers=tuple(
            Answer(
                module="pydantic_ai",
                attribute=f"{place}._instrument_default",
                change=_switched_on,
                everywhere=place == "agent.Agent",
            )
            for place in _DEFAULTS
        ),
    ),
)

PydanticAIInstrumentor = instrumentor(integration)
