"""Secrets out, before the first byte is written: keys, tokens, cards, accounts, in plain or encoded text. Pure.

A shape is looked for only where a sign of it stands in the text, so that ordinary text costs a few quick searches.
What is replaced says what it was, and which: `[redacted openai_key 3f9c21ab]`. The last word is a pseudonym, made of
the secret with a key that stays in the data directory: equal secrets stay equal, and nobody who has only the traces can
try out which secret it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from tracekit.sdk import guard
from tracekit.sdk.accounts import is_card, is_iban


class _Shape(NamedTuple):
    name: str
    pattern: re.Pattern[str]


def _shape(name: str, start: str, rest: str) -> _Shape:
    """A pattern that begins with its literal start, so that the engine leaps to it and then looks what precedes.

    A letter in front makes it part of a longer word, unless it ends an escape: a line end, in JSON.
    """
    start = re.escape(start)
    alone = rf"(?:(?<![A-Za-z0-9]{start})|(?<=\\[bfnrt]{start})|(?<=\\u[0-9a-f]{{4}}{start}))"
    return _Shape(name, re.compile(f"{start}{alone}{rest}", re.DOTALL))


_SHAPES: tuple[tuple[re.Pattern[str], tuple[_Shape, ...]], ...] = (
    (
        re.compile("-(?:(?<=[kixyt-]-)(?:(?<=sk-)|(?<=glpat-)|(?<=[xv]..-)|(?<=p...-)|(?<=-----))|(?<=xox[abeoprs]-))"),
        (
            _shape("anthropic_key", "sk-ant-", "[A-Za-z0-9_-]{16,}"),
            _shape("openai_key", "sk-", "(?!ant-)[A-Za-z0-9_-]{20,}"),
            _shape("gitlab_token", "glpat-", "[A-Za-z0-9_-]{20,}"),
            _shape("slack_token", "xox", "[abeoprs]-[A-Za-z0-9-]{16,}"),
            _shape("xai_key", "xai-", "[A-Za-z0-9]{40,}"),
            _shape("perplexity_key", "pplx-", "[A-Za-z0-9]{32,}"),
            _shape("pypi_token", "pypi-", "[A-Za-z0-9_-]{50,}"),
            _shape("tavily_key", "tvly-", "[A-Za-z0-9-]{20,}"),
            _shape(
                "private_key",
                "-----BEGIN ",
                '[A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=")|$)',
            ),
        ),
    ),
    (
        re.compile("_(?:(?<=[mft8k]_)(?:(?<=npm_)|(?<=hf_)|(?<=r8_)|(?<=gsk_)|(?<=_pat_)|(?=live_|test_))|(?<=gh._))"),
        (
            _shape("github_token", "gh", "[posur]_[A-Za-z0-9]{36,}"),
            _shape("github_token", "github_pat_", "[A-Za-z0-9_]{22,}"),
            _shape("stripe_key", "sk_live_", "[A-Za-z0-9]{16,}"),
            _shape("stripe_key", "rk_live_", "[A-Za-z0-9]{16,}"),
            _shape("stripe_key", "sk_test_", "[A-Za-z0-9]{16,}"),
            _shape("huggingface_token", "hf_", "[A-Za-z0-9]{30,}"),
            _shape("groq_key", "gsk_", "[A-Za-z0-9]{40,}"),
            _shape("replicate_token", "r8_", "[A-Za-z0-9]{32,}"),
            _shape("npm_token", "npm_", "[A-Za-z0-9]{36}"),
        ),
    ),
    (
        re.compile("A(?:KIA|SIA|Iza)"),
        (
            _shape("aws_access_key", "AKIA", "[A-Z0-9]{16}(?![A-Z0-9])"),
            _shape("aws_access_key", "ASIA", "[A-Z0-9]{16}(?![A-Z0-9])"),
            _shape("google_key", "AIza", "[A-Za-z0-9_-]{35}"),
        ),
    ),
    (
        re.compile("J(?<=eyJ)"),
        (_shape("jwt", "eyJ", r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),),
    ),
    (re.compile(r"9(?<=ya29)\."), (_shape("google_token", "ya29.", "[A-Za-z0-9_-]{20,}"),)),
    (re.compile(r"G(?<=SG)\."), (_shape("sendgrid_key", "SG.", r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),)),
    (
        re.compile("earer "),
        (
            _shape("bearer_token", "Bearer ", "[A-Za-z0-9._~+/=-]{20,}"),
            _shape("bearer_token", "bearer ", "[A-Za-z0-9._~+/=-]{20,}"),
        ),
    ),
    (
        re.compile("/(?<=:/)/"),
        (_Shape("url_password", re.compile(r'(?<=://)[^\s/?#@:"\\]{1,100}:[^\s/?#@"\\]{1,200}(?=@)')),),
    ),
)
"""What to look for where its sign stands in a text. A sign begins with a letter that the engine can leap to."""

SHORTEST = 13
"""No secret is shorter than this many characters: shorter text need not be looked at."""

_DIGITS, _CAPITALS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OUTLINE = bytes.maketrans(_DIGITS + _CAPITALS, b"0" * 10 + b"A" * 26)
_CARD_OUTLINE = b"0" * SHORTEST
_IBAN_OUTLINE = re.compile(rb"AA00[A0]{11}")
_ESCAPED = r"(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4})"
_CARD = re.compile(rf"(?:(?<![\w.-])|{_ESCAPED})[2-6]\d(?:[ -]?\d){{11,17}}(?![\w-]|\.\d)")
_IBAN = re.compile(
    rf"(?:(?<![A-Za-z0-9])|{_ESCAPED})"
    r"[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_LAYOUT = re.compile(r"\\+[nrt]|[\s-]")
"""What means nothing between the signs of a secret: gaps, and line ends, escaped as often as JSON is nested."""

Redact = Callable[[str], str]
Mark = Callable[[str, re.Match[str]], str]
"""What stands for a secret of a name."""


@dataclass(slots=True, frozen=True)
class Redaction:
    """What is taken out: secrets of a known shape, and before that what the user's own function takes out.

    Args:
        secrets: whether the known shapes are looked for.
        hook: the user's function: gets a text, gives what may be kept of it.
        key: gives what pseudonyms are made with, at most 64 bytes, when the first is made; None: there are none.
    """

    secrets: bool = True
    hook: Redact | None = None
    key: Callable[[], bytes] | None = None

    def text(self, text: str) -> str:
        """Plain text without secrets.

        >>> Redaction().text("use sk-proj-abcdefghijklmnopqrstuvwx")
        'use [redacted openai_key]'
        """
        return _without(text, self._mark) if self.secrets and len(text) >= SHORTEST else text

    def encoded(self, text: str) -> str:
        """JSON, encoded, without secrets; a number that is one becomes a text.

        >>> Redaction().encoded('{"card":4111111111111111}')
        '{"card":"[redacted card]"}'
        """
        if not self.secrets or len(text) < SHORTEST:
            return text

        def mark(name: str, found: re.Match[str]) -> str:
            said = self._mark(name, found)
            return said if _in_string(found) else f'"{said}"'

        return _without(text, self._mark, mark_number=mark)

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

    def _mark(self, name: str, found: re.Match[str]) -> str:
        if self.key is None:
            return f"[redacted {name}]"
        secret = _LAYOUT.sub("", found[0]).encode("utf-8", "surrogatepass")
        return f"[redacted {name} {blake2b(secret, key=self.key(), digest_size=4).hexdigest()}]"


def kinds(text: str) -> list[str]:
    """What kinds of secrets stand in a text, each as often as it does; the order says nothing.

    >>> kinds("use sk-proj-abcdefghijklmnopqrstuvwx")
    ['openai_key']
    """
    there: list[str] = []

    def mark(name: str, _: re.Match[str]) -> str:
        there.append(name)
        return f"[{name}]"

    _without(text, mark)
    return there


def _without(text: str, mark: Mark, *, mark_number: Mark | None = None) -> str:
    """A text in which each secret is replaced by its mark, that of a payment card by one of its own."""
    for sign, shapes in _SHAPES:
        if sign.search(text):
            for shape in shapes:
                text = shape.pattern.sub(lambda found, name=shape.name: mark(name, found), text)
    outline = text.encode("utf-8", "surrogatepass").translate(_OUTLINE, b" -")
    if _CARD_OUTLINE in outline:
        number = mark_number or mark
        text = _CARD.sub(lambda found: number("card", found) if is_card(found[0]) else found[0], text)
    if _IBAN_OUTLINE.search(outline):
        text = _IBAN.sub(lambda found: mark("iban", found) if is_iban(found[0]) else found[0], text)
    return text


def _in_string(found: re.Match[str]) -> bool:
    """Whether what was found in JSON stands in a string there, by the quotes in front of it."""
    before = found.string[: found.start()]
    return re.sub(r"\\.", "", before, flags=re.DOTALL).count('"') % 2 == 1
