"""Secrets out, before the first byte is written: known shapes of keys and tokens, found in encoded JSON text. Pure.

A shape is looked for only where its distinctive letters stand in the text, so that ordinary text costs a few substring
searches. What is replaced says what it was: `[redacted openai_key]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tracekit.sdk import guard

_SHAPES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    # anthropic's first: its keys would match the shorter sk- shape too
    ("anthropic_key", "sk-ant-", re.compile(r"\bsk-ant-[A-Za-z0-9_-]{16,}")),
    ("openai_key", "sk-", re.compile(r"\bsk-(?!ant-)[A-Za-z0-9_-]{20,}")),
    ("aws_access_key", "KIA", re.compile(r"\bAKIA[A-Z0-9]{16}\b")),
    ("aws_access_key", "ASIA", re.compile(r"\bASIA[A-Z0-9]{16}\b")),
    ("github_token", "gh", re.compile(r"\b(?:gh[posur]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})")),
    ("gitlab_token", "glpat-", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("google_key", "AIza", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("slack_token", "xox", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("stripe_key", "k_live_", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,}")),
    ("stripe_key", "k_test_", re.compile(r"\b[rs]k_test_[A-Za-z0-9]{16,}")),
    ("huggingface_token", "hf_", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("jwt", "eyJ", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    ("bearer_token", "earer ", re.compile(r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{20,}")),
    (
        "private_key",
        "PRIVATE KEY-----",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\")|$)", re.DOTALL),
    ),
)

SHORTEST = 16
"""No shape is shorter than this many characters: shorter text need not be looked at."""

Redact = Callable[[str], str]


def redact_secrets(text: str) -> str:
    """`text`, plain or encoded as JSON, with the secrets that have a known shape replaced.

    >>> redact_secrets('{"key":"sk-proj-abcdefghijklmnopqrstuvwx"}')
    '{"key":"[redacted openai_key]"}'
    """
    if len(text) < SHORTEST:
        return text
    for name, needle, shape in _SHAPES:
        if needle in text:
            text = shape.sub(f"[redacted {name}]", text)
    return text


def may_hold_secret(values: Iterable[Any]) -> bool:
    """Whether any of these attribute values is long enough to hold one."""
    for value in values:
        if type(value) is str:
            if len(value) >= SHORTEST:
                return True
        elif type(value) is tuple and may_hold_secret(value):
            return True
    return False


@dataclass(slots=True, frozen=True)
class Redaction:
    """What is taken out: secrets of a known shape, and before that whatever the user's own function takes out of each text."""

    secrets: bool = True
    hook: Redact | None = None

    def text(self, text: str) -> str:
        """Text, plain or encoded, without secrets."""
        return redact_secrets(text) if self.secrets else text

    def values(self, value: Any) -> Any:
        """A JSON value with each text in it as the user's function gives it back; one that it fails on is not recorded."""
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
