"""Programs that between them pass every line of the integrations: each takes a stage, and gives all that it sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integrations.scenarios import (
    anthropic_calls,
    bedrock_calls,
    cohere_calls,
    google_calls,
    mistral_calls,
    ollama_calls,
    openai_calls,
)
from tests.integrations.scenarios.stage import Stage, stage

Scenario = Callable[[Stage], Any]

_MODULES = (anthropic_calls, bedrock_calls, cohere_calls, google_calls, mistral_calls, ollama_calls, openai_calls)

SCENARIOS: dict[str, Scenario] = {
    f"{module.__name__.rpartition('.')[2]}:{each.__name__}": each
    for module in (
        anthropic_calls,
        bedrock_calls,
        cohere_calls,
        google_calls,
        mistral_calls,
        ollama_calls,
        openai_calls,
    )
    for each in module.SCENARIOS
}

__all__ = ["SCENARIOS", "Scenario", "Stage", "stage"]
