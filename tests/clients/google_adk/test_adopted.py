"""GoogleAdk's own spans, adopted."""

from __future__ import annotations

import pytest

from tests.clients.adopting import Adopting
from tests.clients.google_adk import program

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


class TestGoogleAdk(Adopting):
    program = program
    scope = "gcp.vertex.agent"
