"""GoogleAdk's own spans, adopted."""

from __future__ import annotations

import contextlib
import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

import pytest

import tracekit
from tests.clients.adopting import Adopting
from tests.clients.google_adk import program

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


class TestGoogleAdk(Adopting):
    program = program
    scope = "gcp.vertex.agent"

    def test_definitions_of_tools_are_whole_beside_the_span(self, data_dir: Path) -> None:
        (tools,) = {definition for _, definition in self._definitions(data_dir, self._exported(data_dir, "before"))}
        assert '"city"' in tools

    def _definitions(self, data_dir: Path, exported: list[object]) -> list[tuple[str, str]]:
        assert '\\"parameters\\":null' in json.dumps(exported)
        sql = "select name, cast(tool_definitions as varchar) from spans where dialect = 'google_adk' and kind = 'llm'"
        return tracekit.connect(data_dir).sql(sql).rows

    def ways(self) -> list[AbstractContextManager[object]]:
        return [contextlib.nullcontext(), Capturing("EVENT_ONLY"), Capturing("SPAN_ONLY")]


class Capturing(contextlib.AbstractContextManager["Capturing"]):
    """Content where a program's environment says."""

    def __init__(self, mode: str) -> None:
        self._mode = mode

    def __enter__(self) -> Self:
        self._patch = pytest.MonkeyPatch()
        self._patch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", self._mode)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()
