"""SemanticKernel's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.semantic_kernel import program


class TestSemanticKernel(Adopting):
    program = program
    scope = "semantic_kernel"
    asked_for = ("semantic_kernel.utils.telemetry",)
