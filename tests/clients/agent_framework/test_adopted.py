"""AgentFramework's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.agent_framework import program


class TestAgentFramework(Adopting):
    program = program
    scope = "agent_framework"
