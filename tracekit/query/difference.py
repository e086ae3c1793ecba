"""Traces beside each other as lines of text: every call of any of them in one tree, and what was said otherwise. Pure.

Everything that comes from a trace passes `tracekit.text`. A line is pieces of text with a role each, which a terminal
may colour; without colour the words alone say what is added and what is removed, as `git diff --word-diff` does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit import state, units
from tracekit.query.alignment import Call
from tracekit.query.comparing import LETTERS, Compared, text_changes, texts
from tracekit.query.worddiff import Op, TextDiff
from tracekit.text import fit, line, visible, width

MARKS = {"same": " ", "changed": "~", "added": "+", "removed": "-", "partly": "±"}
_BRACKETS: Mapping[Op, tuple[str, str]] = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
_ROLES: Mapping[Op, str] = {"same": "same", "removed": "gone", "added": "new"}
_NAME = 48
_SHORTEST = 12
"""Columns that a name has at least, before figures are left out for it."""
_CONTEXT = 40
"""Characters of an unchanged stretch that stand beside a change."""
_LINES = 24
"""Lines of one text, unless all of it is asked for."""
_WORD = re.compile(r"\s+|\S+")
Pieces = list[tuple[str, str]]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How it is to be written.

    Attributes:
        columns: of the terminal.
        coloured: whether roles become colours: words are in brackets where they do not.
        every: calls that are the same are lines too.
        texts: what was said otherwise stands below a call.
        full: texts whole.
    """

    columns: int
    coloured: bool = False
    every: bool = False
    texts: bool = True
    full: bool = False


def lines(found: Compared, shape: Shape, span: Callable[[Row], Row]) -> Iterator[Pieces]:
    """The comparison, line by line.

    Args:
        found: the traces.
        shape: how.
        span: gives a span with its content.
    """
    yield from _heads(found, shape)
    yield []
    for call, place, lead, below in _walk(found, shape):
        if call is None:
            yield [("  ", "same"), (lead, "lead"), (f"… {units.plural(place, 'same call')}", "same")]
            continue
        yield _call(found, call, place, lead, shape)
        if shape.texts and found.changes[place] in ("changed", "partly") and len(call.spans) > 1:
            yield from _said(call, f"  {below}", shape, span)
    yield []
    counts = Counter(map(str, found.changes))
    said = [f"{counts[each]:,} {_WORDS[each]}" for each in _WORDS if counts[each]]
    yield [(", ".join(said), "fact")]


_WORDS = {"changed": "changed", "added": "added", "removed": "removed", "partly": "in some only", "same": "the same"}


def _heads(found: Compared, shape: Shape) -> Iterator[Pieces]:
    """The traces, a line or two each."""
    for letter, trace in zip(LETTERS, found.traces, strict=False):
        stands = state.of_trace(trace)
        facts = [
            units.duration(trace["duration_ms"]).text,
            units.plural(trace["span_count"], "span"),
            f"{units.count(trace['input_tokens']).text} in, {units.count(trace['output_tokens']).text} out",
            units.money(trace["cost_usd"]).text,
        ]
        head = f"{letter.upper()} {str(trace['trace_id'])[:12]} "
        room = shape.columns - width(f"{head}  {stands.word}")
        while facts and room - width(f"  {' · '.join(facts)}") < _SHORTEST:
            facts.pop(0 if len(facts) == 1 else 1)  # how long it took is told last of all
        said = f"  {' · '.join(facts)}" if facts else ""
        yield [
            (head, "lead"),
            (fit(line(str(trace["name"] or "(unnamed)"), _NAME), max(room - width(said), 8)), "name"),
            (f"  {stands.word}", stands.mark),
            (said, "fact"),
        ]


def _walk(found: Compared, shape: Shape) -> Iterator[tuple[Call | None, int, str, str]]:
    """Each call with its place and the lines before it; None and a number for calls that are the same all the way."""
    places = {id(call): place for place, call in enumerate(found.calls)}
    kept, sizes = _kept(found, places, every=shape.every)

    def children(calls: Sequence[Call]) -> list[tuple[Call | None, int]]:
        made: list[tuple[Call | None, int]] = []
        for call in calls:
            if id(call) in kept:
                made.append((call, places[id(call)]))
            elif made and made[-1][0] is None:
                made[-1] = (None, made[-1][1] + sizes[id(call)])
            else:
                made.append((None, sizes[id(call)]))
        return made

    stack = [(*each, "", "") for each in reversed(children([call for call in found.calls if call.level == 1]))]
    while stack:
        call, place, lead, below = stack.pop()
        beneath = children(call.calls) if call is not None else []
        yield call, place, lead, below + ("│ " if beneath else "  ")
        last = len(beneath) - 1
        stack += [
            (*each, below + ("└─ " if number == last else "├─ "), below + ("   " if number == last else "│  "))
            for number, each in reversed(list(enumerate(beneath)))
        ]


def _kept(found: Compared, places: Mapping[int, int], *, every: bool) -> tuple[set[int], dict[int, int]]:
    """The calls that are lines, those above a difference among them; and how many calls each is with those below it."""
    kept: set[int] = set()
    sizes: dict[int, int] = {}
    for call in reversed(found.calls):  # those below a call stand behind it
        sizes[id(call)] = 1 + sum(sizes[id(child)] for child in call.calls)
        differs = found.changes[places[id(call)]] != "same"
        if every or differs or any(id(child) in kept for child in call.calls):
            kept.add(id(call))
    return kept, sizes


def _call(found: Compared, call: Call, place: int, lead: str, shape: Shape) -> Pieces:
    change = found.changes[place]
    kind, name = call.key
    head = f"{kind}  {line(name or '(unnamed)', _NAME)}"
    facts = [fact for fact in _facts(call, len(found.traces)) if fact]
    made = f"{MARKS[change]} "
    room = shape.columns - width(made + lead)
    head = fit(head, max(room, 8))
    pieces: Pieces = [(made, change), (lead, "lead"), (head, change if change != "same" else "name")]
    room -= width(head)
    for fact in facts:
        if width(fact) + 2 > room:
            break
        room -= width(fact) + 2
        pieces.append((f"  {fact}", "fact"))
    return pieces


def _facts(call: Call, total: int) -> Iterator[str]:
    """What stands beside each other: time, tokens, cost, and what is not a number only where it differs."""
    spans = [call.spans.get(number) for number in range(total)]
    stands = [state.of_span(span).word if span else units.UNKNOWN for span in spans]
    if {*stands} - {"ok", units.UNKNOWN}:
        yield _arrow(stands)
    yield _arrow([units.duration(span["duration_ms"]).text if span else units.UNKNOWN for span in spans])
    tokens = [
        [span[name] for name in ("input_tokens", "output_tokens") if span[name] is not None] if span else []
        for span in spans
    ]
    if any(tokens):
        yield f"{_arrow([units.count(sum(each) if each else None).text for each in tokens])} tokens"
    costs = [span["cost_usd"] if span else None for span in spans]
    if any(cost is not None for cost in costs):
        yield _arrow([units.money(cost).text for cost in costs])
    models = [line(str(span["model"]), _NAME) if span and span["model"] else units.UNKNOWN for span in spans]
    if {*models} != {units.UNKNOWN}:
        yield _arrow(models)


def _arrow(values: Sequence[str]) -> str:
    """Values in the order of the traces; one alone where all are the same, or where only one is there."""
    there = [value for value in values if value != units.UNKNOWN]
    if len(values) == 2 and len(there) == 1:  # noqa: PLR2004 - the call is in one of two
        return there[0]
    return values[0] if len({*values}) == 1 else " → ".join(values)


def _said(call: Call, below: str, shape: Shape, span: Callable[[Row], Row]) -> Iterator[Pieces]:
    numbers = sorted(call.spans)
    content = {number: texts(span(call.spans[number])) for number in numbers}
    base = numbers[0]
    for other in numbers[1:]:
        against = f" ({LETTERS[base].upper()} to {LETTERS[other].upper()})" if len(numbers) > 2 else ""  # noqa: PLR2004
        for title, found in text_changes(content[base], content[other]):
            yield [(f"{below}  ", "lead"), (f"{title}{against}", "title")]
            yield from _text(found, f"{below}    ", shape)


def _text(found: TextDiff, below: str, shape: Shape) -> Iterator[Pieces]:
    room = max(shape.columns - width(below), 24)
    made = _wrapped(_words(found, shape), room)
    shown = made if shape.full else made[:_LINES]
    for each in shown:
        yield [(below, "lead"), *_joined(each)]
    if len(made) > len(shown):
        yield [(below, "lead"), (f"… {units.plural(len(made) - len(shown), 'more line')}; --full has them", "same")]
    if any(found.left_out):
        yield [(below, "lead"), (f"… {max(found.left_out):,} further characters were not compared", "same")]
    elif found.is_same:
        yield [(below, "lead"), ("the same in what is compared", "same")]


def _joined(words: Sequence[tuple[str, Op]]) -> Pieces:
    """The words of a line, neighbours of one kind as one piece, without white space at its end."""
    made: Pieces = []
    for word, op in words:
        role = _ROLES[op]
        if made and made[-1][1] == role:
            made[-1] = (made[-1][0] + word, role)
        else:
            made.append((word, role))
    if made:
        made[-1] = (made[-1][0].rstrip(), made[-1][1])
    return made


def _words(found: TextDiff, shape: Shape) -> Iterator[tuple[str, Op]]:
    """Words with where they are, a line break as one of its own; of long stretches that are in both, the ends."""
    last = len(found.pieces) - 1
    for place, piece in enumerate(found.pieces):
        text = piece.text
        if piece.op == "same" and not shape.full:
            text = _ends(text, first=place == 0, last=place == last)
        start, end = ("", "") if shape.coloured else _BRACKETS[piece.op]
        rows = text.split("\n")
        for number, row in enumerate(rows):
            if number:
                yield "\n", piece.op
            shown = visible(row.expandtabs(4))
            if shown:
                words: list[str] = _WORD.findall(f"{start}{shown}{end}")
                for word in words:
                    yield word, piece.op


def _ends(text: str, *, first: bool, last: bool) -> str:
    """A stretch that is the same in both, as far as it stands beside a change."""
    if len(text) <= 3 * _CONTEXT:
        return text
    head = "" if first else text[:_CONTEXT].rpartition(" ")[0]
    tail = "" if last else text[-_CONTEXT:].partition(" ")[2]
    return f"{head} … {tail}"


def _wrapped(words: Iterator[tuple[str, Op]], room: int) -> list[list[tuple[str, Op]]]:
    """Words on lines of at most so many columns."""
    made: list[list[tuple[str, Op]]] = [[]]
    left = room
    for word, op in words:
        if word == "\n":
            made.append([])
            left = room
            continue
        rest = word
        while width(rest) > left:
            if left == room:  # a word longer than a line
                cut = max(len(fit(rest, left)) - 1, 1)
                made[-1].append((rest[:cut], op))
                rest = rest[cut:]
            made.append([])
            left = room
            rest = rest.lstrip() if rest.isspace() else rest
        if rest:
            made[-1].append((rest, op))
            left -= width(rest)
    while made and not any(text.strip() for text, _ in made[-1]):
        made.pop()
    return made
