"""PydanticAi's own spans, adopted."""

from __future__ import annotations

from pathlib import Path

import tracekit
from tests.clients.adopting import Adopting
from tests.clients.pydantic_ai import program
from tracekit.sdk.runtime import runtime
from tracekit_integrations import pydantic_ai


class TestPydanticAi(Adopting):
    program = program
    scope = "pydantic-ai"
    asked_for = ("pydantic-ai",)
    beside = ("Answer(", 'module="pydantic_ai"', "attribute=", "change=", "everywhere=", "for place in")

    def afresh(self, directory: Path) -> None:
        pydantic_ai._settings.cache_clear()
        if runtime.writer is not None:
            tracekit.uninstrument()
            tracekit.autolog(directory=directory)
