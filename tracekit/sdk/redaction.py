"""Secrets out, before the first byte is written: known shapes of keys and tokens, found in encoded JSON text. Pure.

A shape is looked for only where its distinctive letters stand in the text, so that ordinary text costs a few substring
searches. What is replaced says what it was: `[redacted openai_key]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracekit.sdk import guard


def _shape(name: str, start: str, rest: str) -> tuple[str, re.Pattern[str]]:
    """A pattern that begins with its literal start, so that the engine leaps to it and then looks what precedes."""
    start = re.escape(start)
    return f"[redacted {name}]", re.compile(f"{start}(?<![A-Za-z0-9]{start}){rest}", re.DOTALL)


_SHAPES: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "sk-": (
        _shape("anthropic_key", "sk-ant-", "[A-Za-z0-9_-]{16,}"),
        _shape("openai_key", "sk-", "(?!ant-)[A-Za-z0-9_-]{20,}"),
    ),
    "AKIA": (_shape("aws_access_key", "AKIA", "[A-Z0-9]{16}(?![A-Z0-9])"),),
    "ASIA": (_shape("aws_access_key", "ASIA", "[A-Z0-9]{16}(?![A-Z0-9])"),),
    "gh": (_shape("github_token", "gh", "[posur]_[A-Za-z0-9]{36,}"),),
    "github_pat_": (_shape("github_token", "github_pat_", "[A-Za-z0-9_]{22,}"),),
    "glpat-": (_shape("gitlab_token", "glpat-", "[A-Za-z0-9_-]{20,}"),),
    "AIza": (_shape("google_key", "AIza", "[A-Za-z0-9_-]{35}"),),
    "xox": (_shape("slack_token", "xox", "[abeoprs]-[A-Za-z0-9-]{16,}"),),
    "k_live_": (
        _shape("stripe_key", "sk_live_", "[A-Za-z0-9]{16,}"),
        _shape("stripe_key", "rk_live_", "[A-Za-z0-9]{16,}"),
    ),
    "sk_test_": (_shape("stripe_key", "sk_test_", "[A-Za-z0-9]{16,}"),),
    "hf_": (_shape("huggingface_token", "hf_", "[A-Za-z0-9]{30,}"),),
    "eyJ": (_shape("jwt", "eyJ", r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),),
    "earer ": (
        _shape("bearer_token", "Bearer ", "[A-Za-z0-9._~+/=-]{20,}"),
        _shape("bearer_token", "bearer ", "[A-Za-z0-9._~+/=-]{20,}"),
    ),
    "-----BEGIN ": (
        _shape("private_key", "-----BEGIN ", '[A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=")|$)'),
    ),
}
"""What to look for where the letters in front of it stand in a text."""

SHORTEST = 20
"""No shape is shorter than this many characters: shorter text need not be looked at."""

Redact = Callable[[str], str]


def redact_secrets(text: str) -> str:
    """`text`, plain or encoded as JSON, with the secrets that have a known shape replaced.

    >>> redact_secrets('{"key":"sk-proj-abcdefghijklmnopqrstuvwx"}')
    '{"key":"[redacted openai_key]"}'
    """
    if len(text) < SHORTEST:
        return text
    for letters, shapes in _SHAPES.items():
        if letters in text:
            for instead, shape in shapes:
                text = shape.sub(instead, text)
    return text


@dataclass(slots=True, frozen=True)
class Redaction:
    """What is taken out: secrets of a known shape, and before that what the user's own function takes out."""

    secrets: bool = True
    hook: Redact | None = None

    def text(self, text: str) -> str:
        """Text, plain or encoded, without secrets."""
        return redact_secrets(text) if self.secrets else text

    def values(self, value: Any) -> Any:
        """A JSON value with each text as the user's function gives it back; one that it fails on is not recorded."""
        if self.hook is None:
            return value
        if isinstance(value, str):
            kept = guard.call("redact (your function)", self.hook, value)
            return kept if isinstance(kept, str) else "[not recorded: the redact function failed]"
        if isinstance(value, dict):
            return {key: self.values(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.values(item) for item in value]
        return value
