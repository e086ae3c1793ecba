"""PydanticAi's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.pydantic_ai import program


class TestPydanticAi(Adopting):
    program = program
    scope = "pydantic-ai"
    asked_for = ("pydantic-ai",)
