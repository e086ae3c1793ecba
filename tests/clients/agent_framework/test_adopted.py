"""AgentFramework's own spans, adopted."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Self

from agent_framework import observability

from tests.clients.adopting import Adopting
from tests.clients.agent_framework import program


class TestAgentFramework(Adopting):
    program = program
    scope = "agent_framework"

    def ways(self) -> list[AbstractContextManager[object]]:
        return [contextlib.nullcontext(), Earlier()]


class Earlier(contextlib.AbstractContextManager["Earlier"]):
    """The conventions of before, in which messages are events."""

    def __enter__(self) -> Self:
        self._before = observability.OBSERVABILITY_SETTINGS.otel_semconv_stability_opt_in
        observability.OBSERVABILITY_SETTINGS.otel_semconv_stability_opt_in = ""
        return self

    def __exit__(self, *_: object) -> None:
        observability.OBSERVABILITY_SETTINGS.otel_semconv_stability_opt_in = self._before
