"""Strands Agents: it traces itself wherever there is a tracer provider, with content in its spans' events."""

from __future__ import annotations

from tracekit.sdk.integration import Adoption, Integration
from tracekit.sdk.registry import instrumentor

integration = Integration(
    name="strands",
    package="strands",
    distribution="strands-agents",
    versions=">=1.20,<2",
    tested=("1.62.0",),
    adoption=Adoption(scopes=("strands.telemetry.tracer",)),
)

StrandsInstrumentor = instrumentor(integration)
