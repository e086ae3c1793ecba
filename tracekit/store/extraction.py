"""Base64 in spans and log records: a token stands in for it, and its bytes become an attachment. Pure.

Only what is said to be base64 is taken: in a `data:` URI, or in the field of a block that tells of media. It must be
well formed and give, encoded again, the same text word for word; anything else stays as it came. `docs/attachments.md`
specifies the token.
"""

from __future__ import annotations

import binascii
import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tracekit.model import RawLog, Span

SMALL = 4096
"""Base64 of fewer characters stays where it is: a file of its own would take more than it saves."""

Blobs = dict[str, bytes]
"""Contents by the SHA-256 of them, in hex."""

_ALPHABET = "A-Za-z0-9+/_-"
_BASE64 = f"[{_ALPHABET}]{{{SMALL},}}+={{0,2}}(?![={_ALPHABET}])"
_RUN = re.compile(f"(?<![{_ALPHABET}]){_BASE64}")
_DATA_URI = re.compile(f";base64,({_BASE64})")
_BLOCK = SMALL // 2
_PROBE = re.compile(f"[{_ALPHABET}]{{{_BLOCK}}}")
_TOKEN = re.compile(r"tracekit-attachment:sha256:([0-9a-f]{64});size=(\d+);(base64(?:url)?)(-unpadded)?")

_HOLDERS = (
    "system_instructions", "input_messages", "output_messages", "tool_definitions", "tool_arguments", "tool_result",
    "documents", "input", "output", "attributes", "events",
)  # fmt: skip
_BYTES = frozenset({"content", "data", "file_data", "b64_json", "bytes", "blob", "result", "image", "audio", "base64"})
"""Fields that hold base64 where a block tells of media."""
_ALWAYS = frozenset({"b64_json", "bytes", "file_data"})
"""Fields that hold base64 in any block."""
_TELLS = frozenset({"mime_type", "mimeType", "media_type", "mediaType", "format"})
_MEDIA = frozenset(
    {"base64", "blob", "image", "input_image", "audio", "input_audio", "video", "file", "input_file", "document",
     "media", "image_generation_call"}
)  # fmt: skip
"""What a block's `type` is that tells of media."""
_DEEPEST = 200
"""Levels down to which values are rewritten; no provider's content comes near, and what lies deeper stays as it is."""


@dataclasses.dataclass(slots=True, frozen=True, kw_only=True)
class Reference:
    """What a token says: the SHA-256 of the bytes in hex, how many they are, and the base64 that it stands for."""

    sha256: str
    size: int
    url_safe: bool = False
    padded: bool = True

    @property
    def token(self) -> str:
        """The text that stands for the base64."""
        form = ("base64url" if self.url_safe else "base64") + ("" if self.padded else "-unpadded")
        return f"tracekit-attachment:sha256:{self.sha256};size={self.size};{form}"

    def encoded(self, content: bytes) -> str:
        """The base64 that the token stands for."""
        text = binascii.b2a_base64(content, newline=False).decode()
        if self.url_safe:
            text = text.replace("+", "-").replace("/", "_")
        return text if self.padded else text.rstrip("=")


def extract(span: Span) -> tuple[Span, Blobs]:
    """A span with tokens in place of large base64, and the bytes they stand for; the same span where it has none."""
    if not is_large(span.attributes, span.events):
        return span, {}
    tokens, blobs = _taken(getattr(span, name) for name in _HOLDERS)
    if not tokens:
        return span, blobs
    swap = _Swap(tokens)
    return dataclasses.replace(span, **{name: swap(getattr(span, name)) for name in _HOLDERS}), blobs


def extract_log(log: RawLog) -> tuple[RawLog, Blobs]:
    """The same for a log record."""
    if not is_large(log.attributes, log.body):
        return log, {}
    tokens, blobs = _taken((log.attributes, log.body))
    if not tokens:
        return log, blobs
    swap = _Swap(tokens)
    return dataclasses.replace(log, attributes=swap(log.attributes), body=swap(log.body)), blobs


def references(value: Any) -> list[Reference]:
    """What the tokens anywhere in a JSON value refer to, each content once, in the order they stand there."""
    found: dict[str, Reference] = {}
    for text in _texts((value,)):
        for match in _TOKEN.finditer(text):
            found.setdefault(match[1], _reference(match))
    return list(found.values())


def restored(text: str, contents: Mapping[str, bytes]) -> str:
    """Text, or JSON text, with base64 in place of tokens; a token whose content is not given stays."""
    return _TOKEN.sub(
        lambda match: _reference(match).encoded(contents[match[1]]) if match[1] in contents else match[0], text
    )


def _reference(match: re.Match[str]) -> Reference:
    return Reference(sha256=match[1], size=int(match[2]), url_safe=match[3] == "base64url", padded=match[4] is None)


def is_large(*values: Any) -> bool:
    """Whether any text in it is long enough to hold base64 that is taken out."""
    return any(large_texts(*values))


def large_texts(*values: Any) -> Iterator[str]:
    """The texts in values that are long enough to hold base64 that is taken out."""
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if len(value) >= SMALL:
                yield value
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def may_hold(text: str) -> bool:
    """Whether text may hold base64 that is taken out: as much of it as that fills a block between two even places.

    Looked for there it costs a few steps a block; from every character it would cost a hundred times more.
    """
    return any(_PROBE.match(text, at) for at in range(0, len(text) - _BLOCK + 1, _BLOCK))


def _taken(values: Iterable[Any]) -> tuple[dict[str, str], Blobs]:
    """The base64 that is said to be some, each with its token, and the bytes."""
    tokens: dict[str, str] = {}
    blobs: Blobs = {}
    for run in _said(values):
        if run in tokens:
            continue
        content = _decoded(run)
        if content is not None:
            digest = hashlib.sha256(content).hexdigest()
            url_safe, padded = "-" in run or "_" in run, len(run) % 4 == 0
            tokens[run] = Reference(sha256=digest, size=len(content), url_safe=url_safe, padded=padded).token
            blobs[digest] = content
    return tokens, blobs


def _decoded(run: str) -> bytes | None:
    """The bytes of base64 that gives, encoded again, just this text; None of any other."""
    plain = run.replace("-", "+").replace("_", "/")
    if plain != run and ("+" in run or "/" in run):  # of two alphabets
        return None
    padded = plain if plain.endswith("=") else plain + "=" * (-len(plain) % 4)
    try:
        content = binascii.a2b_base64(padded, strict_mode=True)
    except binascii.Error:
        return None
    return content if binascii.b2a_base64(content, newline=False).decode() == padded else None


def _said(values: Iterable[Any]) -> Iterator[str]:
    """Base64 in these values, in JSON texts in them too."""
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield from _told(value)
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, str) and len(value) >= SMALL and may_hold(value):
            yield from _DATA_URI.findall(value)
            if value.lstrip()[:1] in ("{", "["):
                stack.append(_loaded(value))


def _told(block: dict[Any, Any]) -> Iterator[str]:
    """Base64 in the fields of a block that tells of media."""
    kind = block.get("type")
    if kind == "text":
        return
    tells = (isinstance(kind, str) and kind in _MEDIA) or not _TELLS.isdisjoint(block)
    for key in _BYTES.intersection(block):
        value = block[key]
        if (tells or key in _ALWAYS) and isinstance(value, str) and _RUN.fullmatch(value):
            yield value


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON: then it is text, and holds what stands in it as text
        return None


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """The texts of JSON values, in their order."""
    stack = list(values)[::-1]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))


class _Swap:
    """Puts tokens in the place of base64. Equal texts become one object: the store tells by that what says the same."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens
        self._done: dict[str, str] = {}

    def __call__(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return self._text(value) if len(value) >= SMALL else value
        if depth > _DEEPEST:
            return value
        if isinstance(value, dict):
            return {key: self(item, depth + 1) for key, item in value.items()}
        return [self(item, depth + 1) for item in value] if isinstance(value, list) else value

    def _text(self, text: str) -> str:
        done = self._done.get(text)
        if done is None:
            done = self._done[text] = _RUN.sub(lambda match: self._tokens.get(match[0], match[0]), text)
        return done
