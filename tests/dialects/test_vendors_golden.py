"""Small spans as vendors' emitters send them, each with what it must mean: emitters and versions not recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tracekit.dialects import canonical
from tracekit.model import RawSpan

START_NS = 1_790_000_000_000_000_000
CASES: list[tuple[str, dict[str, Any]]] = [
    (f"{path.stem}: {case['what']}", case)
    for path in sorted((Path(__file__).parents[1] / "golden" / "dialects").glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_a_span_means_what_its_emitter_means(case: dict[str, Any]) -> None:
    """`json` holds attributes that the emitter sends as JSON text."""
    said = case["span"]
    attributes = said.get("attributes", {}) | {name: json.dumps(value) for name, value in said.get("json", {}).items()}
    fields = {name: value for name, value in said.items() if name not in {"attributes", "json"}}
    raw = RawSpan(
        trace_id="1" * 32, span_id="2" * 16, parent_span_id=None, start_ns=START_NS, attributes=attributes, **fields
    )
    span = canonical(raw)
    assert {name: getattr(span, name) for name in case["canonical"]} == case["canonical"]
    assert span.attributes == attributes
