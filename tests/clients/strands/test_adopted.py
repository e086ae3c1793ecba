"""Strands's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.strands import program


class TestStrands(Adopting):
    program = program
    scope = "strands"
