"""Small spans of the project's own as emitters send them, each with what it must mean: golden/dialects/*.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tracekit.model import RawSpan

START_NS = 1_790_000_000_000_000_000
_FOLDER = Path(__file__).parents[1] / "golden" / "dialects"


def cases() -> dict[str, tuple[RawSpan, dict[str, Any]]]:
    """Raw spans by what they are, each with the canonical fields that it must give.

    In the files, `json` holds the attributes that the emitter sends as JSON text.
    """
    return {
        f"{path.stem}: {case['what']}": (_raw(case["span"]), case["canonical"])
        for path in sorted(_FOLDER.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    }


def _raw(said: dict[str, Any]) -> RawSpan:
    attributes = said.get("attributes", {}) | {name: json.dumps(value) for name, value in said.get("json", {}).items()}
    fields = {name: value for name, value in said.items() if name not in {"attributes", "json"}}
    return RawSpan(
        trace_id="1" * 32, span_id="2" * 16, parent_span_id=None, start_ns=START_NS, attributes=attributes, **fields
    )
