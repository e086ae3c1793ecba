"""Secrets out, before the first byte is written: known shapes of keys and tokens, found in encoded JSON text. Pure.

A shape is looked for only where its distinctive letters stand in the text, so that ordinary text costs a few substring
searches. What is replaced says what it was: `[redacted openai_key]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_SHAPES: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    # anthropic's first: its keys would match the shorter sk- shape too
    ("anthropic_key", ("sk-ant-",), re.compile(r"\bsk-ant-[A-Za-z0-9_-]{16,}")),
    ("openai_key", ("sk-",), re.compile(r"\bsk-(?!ant-)[A-Za-z0-9_-]{20,}")),
    ("aws_access_key", ("AKIA", "ASIA"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("github_token", ("ghp_", "gho_", "ghs_", "ghu_", "ghr_"), re.compile(r"\bgh[posur]_[A-Za-z0-9]{36,}")),
    ("github_token", ("github_pat_",), re.compile(r"\bgithub_pat_[A-Za-z0-9_]{22,}")),
    ("gitlab_token", ("glpat-",), re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("google_key", ("AIza",), re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("slack_token", ("xox",), re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("stripe_key", ("_live_", "_test_"), re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    ("huggingface_token", ("hf_",), re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("jwt", ("eyJ",), re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    ("bearer_token", ("earer ",), re.compile(r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{20,}")),
    (
        "private_key",
        ("PRIVATE KEY-----",),
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\")|$)", re.DOTALL
        ),
    ),
)

Redact = Callable[[str], str]


def redact_secrets(text: str) -> str:
    """`text`, plain or encoded as JSON, with the secrets that have a known shape replaced.

    >>> redact_secrets('{"key":"sk-proj-abcdefghijklmnopqrstuvwx"}')
    '{"key":"[redacted openai_key]"}'
    """
    for name, needles, shape in _SHAPES:
        for needle in needles:
            if needle in text:
                text = shape.sub(f"[redacted {name}]", text)
                break
    return text


def redact_values(value: Any, redact: Redact) -> Any:
    """A copy of a JSON-like value with every string in it handed through `redact`; keys stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_values(item, redact) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_values(item, redact) for item in value]
    return value
