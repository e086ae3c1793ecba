"""xAI's client: it traces itself wherever there is a tracer provider, with content in its spans' attributes."""

from __future__ import annotations

from tracekit.sdk.integration import Adoption, Integration
from tracekit.sdk.registry import instrumentor

integration = Integration(
    name="xai_sdk",
    package="xai_sdk",
    distribution="xai-sdk",
    versions=">=1.4,<2",
    tested=("1.4.0", "1.21.0"),
    adoption=Adoption(scopes=("xai_sdk",)),
)

XaiSdkInstrumentor = instrumentor(integration)
