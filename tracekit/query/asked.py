"""What people ask of traces, as text: `model:gpt-4o status:error cost>0.01 "exact phrase" -user:u-17`. Pure.

One grammar for the search box, `?q=` and the words of `tracekit ls`, `tail` and `top`. Owns how text becomes `Filters`,
and how a text is edited when a person follows a link that narrows the list. Refuses what it does not understand, and
says where.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tracekit.errors import UsageError
from tracekit.query.conditions import Condition
from tracekit.query.filters import Filters

Kind = Literal["text", "number", "duration", "time", "attribute"]

STATUSES = ("ok", "error", "running", "interrupted", "incomplete")
HAS = ("error", "score", "review", "tool", "tag", "session", "user", "cost")
FIELDS: dict[str, Kind] = {
    **dict.fromkeys(("status", "model", "project", "service", "session", "user", "tag", "name"), "text"),
    **dict.fromkeys(("kind", "tool", "error", "failed", "has"), "text"),
    **dict.fromkeys(("cost", "tokens", "input", "output", "spans", "errors"), "number"),
    **dict.fromkeys(("duration", "ttft"), "duration"),
    **dict.fromkeys(("since", "until"), "time"),
    "attribute": "attribute",
}
SCORE = "score."

_WORDS = {"status": STATUSES, "has": HAS}
_PIECE = re.compile(r'(?P<minus>-?)(?P<body>(?:"(?:[^"\\]|\\.)*"?|[^\s"])+)')
_CONDITION = re.compile(
    r'(?P<key>[a-z_]+(?:\.(?:"(?:[^"\\]|\\.)*"|[\w-]*))*)(?P<op>:|>=|<=|>|<|=)(?P<value>.*)', re.DOTALL
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?')
_AMOUNT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d+))?\s*([a-zµ]*)", re.IGNORECASE)
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_AGES = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_MILLISECONDS = {"ms": 1.0, "us": 1e-3, "µs": 1e-3, "s": 1e3, "m": 6e4, "h": 3.6e6}
_PLAIN = re.compile(r'[^\s"\\]+')


@dataclass(slots=True, frozen=True, kw_only=True)
class Piece:
    """One part of what was typed.

    Attributes:
        source: as it was typed.
        at: the number of its first character in the text, from 0.
        negated: whether a minus stands before it.
        key: the field that it asks of; None for words to search for.
        op: `:`, `=`, `>`, `>=`, `<` or `<=`; empty for words.
        value: what stands behind, without the quotes; of words, what was typed.
    """

    source: str
    at: int
    negated: bool
    key: str | None
    op: str
    value: str


def pieces(text: str) -> list[Piece]:
    """The parts of a text, in their order. Nothing is refused here."""
    return [_piece(match) for match in _PIECE.finditer(text)]


def parse(text: str, *, now: datetime | None = None) -> Filters:
    """The filters that a text asks for.

    Args:
        text: what was typed, see `docs/search.md`.
        now: what an age like `2h`, `today` and `yesterday` are counted from, in the zone in which days begin.

    Raises:
        UsageError: a part of it cannot be understood; it says which, at which character, and why.
    """
    clock = now or datetime.now(UTC).astimezone()
    words: list[str] = []
    attributes: list[tuple[str, str | None]] = []
    conditions: list[Condition] = []
    times: dict[str, datetime] = {}
    for piece in pieces(text):
        if piece.key is None:
            if piece.negated:
                conditions.append(Condition(field="words", value=piece.value, negated=True))
            else:
                words.append(piece.source)
        elif (kind := _kind(piece)) == "time":
            if piece.negated:
                raise _refused(piece, "a time cannot be negated; use the other one of since: and until:")
            _narrow(times, piece, clock)
        elif kind == "attribute" and not piece.negated:
            attributes.append(_attribute(piece))
        else:
            conditions.append(_condition(piece, kind))
    return Filters(
        text=" ".join(words) or None,
        attributes=tuple(attributes),
        conditions=tuple(conditions),
        since=times.get("since"),
        until=times.get("until"),
    )


def moment(text: str, now: datetime) -> datetime:
    """The time that a word names: an age (`90s`, `30m`, `2h`, `7d`), `now`, `today`, `yesterday`, or ISO 8601.

    Raises:
        ValueError: none of them.
    """
    word = text.strip().lower()
    if (old := age(word)) is not None:
        return now - old
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if word in named:
        return named[word]
    try:
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is neither an age like 2h nor an ISO 8601 time") from None


def age(text: str) -> timedelta | None:
    """The time that a word like `90s`, `30m`, `2h`, `7d` or `1w` takes; None where it is none."""
    found = _AGE.fullmatch(text.strip().lower())
    return None if found is None else timedelta(**{_AGES[found[2]]: float(found[1])})


def quoted(value: str) -> str:
    """A value as it is written behind a field: in quotes where it needs them."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def said(key: str, value: str) -> str:
    """One condition as text."""
    if key == "attribute":
        name, given, wanted = value.partition("=")
        return f"attribute:{quoted(name)}" + (f"={quoted(wanted)}" if given else "")
    return f"{key}:{quoted(value)}"


def words_of(text: str) -> str:
    """Words to search for, written so that none of them is taken for a condition."""
    return " ".join(
        piece.source if piece.key is None and not piece.negated else quoted_words(piece.source)
        for piece in pieces(text)
    )


def quoted_words(source: str) -> str:
    """A part that is to be searched for as it stands."""
    return '"' + source.replace('"', " ").strip() + '"'


def without(text: str, keys: Iterable[str], *, negated: bool = False) -> str:
    """The text without the conditions on some fields; those that are negated stay, unless `negated`."""
    gone = set(keys)
    return " ".join(p.source for p in pieces(text) if p.key not in gone or (p.negated and not negated))


def put(text: str, key: str, value: str | None) -> str:
    """The text with this condition in place of those that it has on the same field; None takes them off."""
    rest = without(text, [key])
    return rest if value is None else f"{rest} {said(key, value)}".strip()


def values(text: str, key: str) -> list[str]:
    """What the text asks of a field, without what is negated."""
    return [piece.value for piece in pieces(text) if piece.key == key and not piece.negated]


def _piece(match: re.Match[str]) -> Piece:
    body, minus = match["body"], match["minus"]
    found = _CONDITION.fullmatch(body)
    if found is None or not _is_field(found["key"], found["op"], found["value"]):
        return Piece(
            source=match[0], at=match.start(), negated=bool(minus), key=None, op="", value=body if minus else match[0]
        )
    key = _QUOTED.sub(_unquoted, found["key"])
    value = found["value"] if key == "attribute" else _QUOTED.sub(_unquoted, found["value"])
    return Piece(source=match[0], at=match.start(), negated=bool(minus), key=key, op=found["op"], value=value)


def _unquoted(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[1])


def _is_field(key: str, op: str, value: str) -> bool:
    """Whether a person means a field: `https://...` and `x=5` are words, `modle:gpt-4o` is a slip of the pen."""
    if key in FIELDS or key.startswith(SCORE):
        return True
    if op != ":":
        return op != "=" and value[:1].isdigit()
    return len(key) > 1 and "." not in key and bool(value) and not value.startswith(("/", "\\", ":"))


def _kind(piece: Piece) -> Kind:
    assert piece.key is not None
    if piece.key.startswith(SCORE):
        if len(piece.key) == len(SCORE):
            raise _refused(piece, "it names no score; write score.NAME")
        return "number"
    if piece.key in FIELDS:
        return FIELDS[piece.key]
    near = difflib.get_close_matches(piece.key, FIELDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)} and score.NAME"
    raise _refused(piece, f"there is no field {piece.key!r}: {hint} To search for the text itself, put it in quotes")


def _condition(piece: Piece, kind: Kind) -> Condition:
    assert piece.key is not None
    if not piece.value:
        raise _refused(piece, f"{piece.key}{piece.op} lacks a value")
    if kind == "attribute":
        key, value = _attribute(piece)
        return Condition(field="attribute", name=key, value=value, negated=True)
    if piece.key.startswith(SCORE):
        return _score(piece)
    if kind == "text":
        return _worded(piece)
    low, high = _range(piece, _amount(piece, kind))
    return Condition(field=piece.key, low=low, high=high, negated=piece.negated)


def _worded(piece: Piece) -> Condition:
    assert piece.key is not None
    if piece.op not in (":", "="):
        raise _refused(piece, f"{piece.key} is text, and {piece.op} compares numbers; write {piece.key}:{piece.value}")
    known = _WORDS.get(piece.key)
    if known is not None and piece.value not in known:
        raise _refused(piece, f"{piece.value!r} is none of {', '.join(known)}")
    return Condition(field=piece.key, value=piece.value, negated=piece.negated)


def _score(piece: Piece) -> Condition:
    assert piece.key is not None
    name = piece.key.removeprefix(SCORE)
    amount = _AMOUNT.fullmatch(piece.value.removeprefix("-"))
    if amount is None and piece.op in (":", "="):
        return Condition(field="score_label", name=name, value=piece.value, negated=piece.negated)
    if amount is None or amount[3]:
        raise _refused(piece, f"{piece.value!r} is no number")
    low, high = _range(piece, float(piece.value))
    return Condition(field="score", name=name, low=low, high=high, negated=piece.negated)


def _amount(piece: Piece, kind: Kind) -> float:
    """The number behind a comparison: of durations in milliseconds, where no unit means seconds."""
    found = _AMOUNT.fullmatch(piece.value.removeprefix("$") if piece.key == "cost" else piece.value)
    scales = _SCALES if kind == "number" else {"": _MILLISECONDS["s"], **_MILLISECONDS}
    unit = found[3].lower() if found else ""
    if found is None or unit not in scales:
        example = "0.01 or 1.5k" if kind == "number" else "250ms, 2s, 1.5m or 1h"
        raise _refused(piece, f"{piece.value!r} is no {kind}; write {example}")
    return float(found[1] + (f"e{found[2]}" if found[2] else "")) * scales[unit]


def _range(piece: Piece, value: float) -> tuple[float | None, float | None]:
    """The least and the greatest value that a comparison lets through, both included; None for no bound."""
    match piece.op:
        case ">":
            return math.nextafter(value, math.inf), None
        case ">=":
            return value, None
        case "<":
            return None, math.nextafter(value, -math.inf)
        case "<=":
            return None, value
        case _:
            return value, value


def _narrow(times: dict[str, datetime], piece: Piece, now: datetime) -> None:
    assert piece.key is not None
    if piece.op not in (":", "="):
        raise _refused(piece, f"write {piece.key}:{piece.value}")
    try:
        found = moment(piece.value, now)
    except ValueError as error:
        raise _refused(piece, f"{error}, nor today or yesterday") from None
    before = times.get(piece.key, found)
    times[piece.key] = max(before, found) if piece.key == "since" else min(before, found)


def _attribute(piece: Piece) -> tuple[str, str | None]:
    if piece.op not in (":", "="):
        raise _refused(piece, "attributes are compared exactly; write attribute:KEY=VALUE")
    key, given, value = _split(piece.value)
    if not key:
        raise _refused(piece, "it names no attribute; write attribute:KEY=VALUE, or attribute:KEY for any value")
    return key, value if given else None


def _split(text: str) -> tuple[str, bool, str]:
    """Key and value around the first `=` that is not in quotes."""
    found = re.fullmatch(r'(?P<key>(?:"(?:[^"\\]|\\.)*"?|[^"=])*)(?P<is>=?)(?P<value>.*)', text, re.DOTALL)
    assert found is not None
    return _QUOTED.sub(_unquoted, found["key"]), bool(found["is"]), _QUOTED.sub(_unquoted, found["value"])


def _refused(piece: Piece, why: str) -> UsageError:
    end = "" if why.endswith(("?", ".")) else "."
    return UsageError(f"{piece.source!r:.80} at character {piece.at + 1} cannot be asked: {why}{end}")
