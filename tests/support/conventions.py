"""Whether recorded messages have the GenAI conventions' shape: by their own JSON schemas where the corpus has them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.support import corpus
from tracekit import semconv

_SCHEMAS = {
    semconv.INPUT_MESSAGES: "gen-ai-input-messages.json",
    semconv.OUTPUT_MESSAGES: "gen-ai-output-messages.json",
    semconv.SYSTEM_INSTRUCTIONS: "gen-ai-system-instructions.json",
    semconv.TOOL_DEFINITIONS: "gen-ai-tool-definitions.json",
}
_REQUIRED = {
    "text": {"content"},
    "reasoning": {"content"},
    "tool_call": {"name"},
    "tool_call_response": {"response"},
    "server_tool_call": {"name", "server_tool_call"},
    "blob": {"modality", "content"},
    "file": {"modality", "file_id"},
    "uri": {"modality", "uri"},
}


def outcome(attributes: dict[str, Any]) -> str:
    """How an ended span says its call ended: complete, where it says nothing else."""
    return attributes.get(semconv.OUTCOME, "complete")


def check(attributes: dict[str, Any]) -> None:
    """Assert that every message attribute of a span is as the conventions want it."""
    for name, file in _SCHEMAS.items():
        if name not in attributes:
            continue
        value = attributes[name]
        assert isinstance(value, list), name
        assert value, f"{name} is empty instead of absent"
        _by_hand(name, value)
        for validator in _validators(file):
            errors = [f"{name}{list(error.path)}: {error.message}" for error in validator.iter_errors(value)]
            assert not errors, errors


def _by_hand(name: str, value: list[Any]) -> None:
    """What the schemas demand, in few words: it holds where there is no corpus, too."""
    for element in value:
        if name == semconv.TOOL_DEFINITIONS:
            assert {"type", "name"} <= element.keys()
            continue
        parts = [element] if name == semconv.SYSTEM_INSTRUCTIONS else element["parts"]
        assert all(_REQUIRED.get(part["type"], set()) <= part.keys() for part in parts), parts
        if name == semconv.OUTPUT_MESSAGES:
            assert isinstance(element["finish_reason"], str)


@cache
def _validators(file: str) -> list[Draft202012Validator]:
    return [Draft202012Validator(json.loads(path.read_text())) for path in corpus.files(f"semconv-genai-v1.41/{file}")]
