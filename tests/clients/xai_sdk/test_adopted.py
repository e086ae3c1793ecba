"""XaiSdk's own spans, adopted."""

from __future__ import annotations

from tests.clients.adopting import Adopting
from tests.clients.xai_sdk import program


class TestXaiSdk(Adopting):
    program = program
    scope = "xai_sdk"
