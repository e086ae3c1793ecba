"""GoogleAdk's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.google_adk import program


class TestGoogleAdk(Adopting):
    program = program
    scope = "gcp.vertex.agent"
