"""The forms that verdicts have: what each asks for in words and as a JSON schema, and how a reply is read by it. Pure.

Everywhere the rationale is asked for first, then the label, then the score: what is written first shapes what follows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracekit.evals.judges.reading import check, unreadable
from tracekit.evals.score import Status

_TEXT = {"type": "string"}
_SUM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a judge decided, in the form that was asked for.

    Attributes:
        rationale: why; None of a judge that writes nothing.
        label: one of the labels asked for.
        score: a number on the scale asked for.
        items: a verdict for each thing asked about, in order.
        statements: texts, where texts were asked for.
        probabilities: of the labels, where the judge gives them.
        flags: how it was come by, where that was not plain: `fence`, `prose`, `repaired`, `sentences`.
        mode: how the score was read: `top` as written, `weighted` by log-probabilities.
        details: numbers behind the score.
    """

    rationale: str | None = None
    label: str | None = None
    score: float | None = None
    items: tuple[Verdict, ...] = ()
    statements: tuple[str, ...] = ()
    probabilities: Mapping[str, float] | None = None
    flags: tuple[str, ...] = ()
    mode: str = "top"
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A number from `low` to `high`.

    Attributes:
        levels: what some of the numbers mean, in words; at least both ends.
        between: whether the judge is told that it may choose numbers between the levels; they are read anyway.
    """

    levels: Mapping[float, str]
    between: bool = True
    name: str = "score"

    @property
    def low(self) -> float:
        """The least score."""
        return min(self.levels)

    @property
    def high(self) -> float:
        """The greatest score."""
        return max(self.levels)

    @property
    def schema(self) -> Mapping[str, Any]:
        """Rationale, then score."""
        bounds = {"type": "number", "minimum": self.low, "maximum": self.high}
        return _object(rationale=_TEXT, score=bounds)

    @property
    def instruction(self) -> str:
        """The scale in words."""
        levels = "\n".join(f"{level:g}: {meaning}" for level, meaning in sorted(self.levels.items(), reverse=True))
        allowed = "scores between the levels are allowed" if self.between else "use one of the levels"
        return (
            f"Give a score from {self.low:g} to {self.high:g}; {allowed}.\n{levels}\n"
            'Reply with one JSON object and nothing else: {"rationale": "the reasons, before the score", '
            f'"score": a number from {self.low:g} to {self.high:g}}}'
        )

    def read(self, data: Any) -> Verdict:
        """A verdict of an object."""
        check(data, self.schema)
        return Verdict(rationale=_rationale(data), score=self._number(data["score"]))

    def bare(self, value: float | bool) -> Verdict:  # noqa: FBT001 - it is what came
        """A verdict of a value alone."""
        if isinstance(value, bool):
            raise unreadable(f"{value} is no score; a number from {self.low:g} to {self.high:g} is asked for.")
        return Verdict(score=self._number(value))

    def likely(self, probabilities: Mapping[str, float]) -> Verdict:
        """The mean of a distribution over scores."""
        _distribution(probabilities, whole=True)
        try:
            score = math.fsum(self._number(float(level)) * share for level, share in probabilities.items())
        except ValueError:
            raise unreadable(f"{list(probabilities)} are no scores, and a score is asked for.") from None
        return Verdict(score=score, probabilities=dict(probabilities), mode="weighted")

    def _number(self, value: float) -> float:
        if not math.isfinite(value):
            raise unreadable(f"score: {value} is no number.")
        if not self.low <= value <= self.high:
            raise unreadable(f"score: {value:g} is not within {self.low:g} and {self.high:g}.", Status.OUT_OF_RANGE)
        return float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One of a few labels.

    Attributes:
        choices: each label, and what it means.
        yes: the label that a bare True, or a bare probability, speaks of; the first.
    """

    choices: Mapping[str, str]
    name: str = "verdict"

    @property
    def yes(self) -> str:
        """The first label."""
        return next(iter(self.choices))

    @property
    def schema(self) -> Mapping[str, Any]:
        """Rationale, then label."""
        return _object(rationale=_TEXT, label=self.one)

    @property
    def one(self) -> Mapping[str, Any]:
        """The schema of a label."""
        return {"type": "string", "enum": list(self.choices)}

    @property
    def meanings(self) -> str:
        """The labels in words, a line each."""
        return "\n".join(f'"{label}": {meaning}' for label, meaning in self.choices.items())

    @property
    def instruction(self) -> str:
        """The labels in words, and how to reply."""
        return (
            f"Choose one label.\n{self.meanings}\n"
            'Reply with one JSON object and nothing else: {"rationale": "the reasons, before the label", '
            f'"label": one of {_quoted(self.choices)}}}'
        )

    def read(self, data: Any) -> Verdict:
        """A verdict of an object."""
        check(data, self.schema)
        return Verdict(rationale=_rationale(data), label=data["label"])

    def bare(self, value: float | bool) -> Verdict:  # noqa: FBT001 - it is what came
        """A verdict of a value alone, where there are two labels: True is the first, a number its probability."""
        if len(self.choices) != 2:  # noqa: PLR2004 - yes and no
            raise unreadable(f"{value!r} names none of the labels {_quoted(self.choices)}.")
        return self.likely({self.yes: float(value)})

    def likely(self, probabilities: Mapping[str, float]) -> Verdict:
        """The likeliest label. Of two labels one probability is enough."""
        unknown = [label for label in probabilities if label not in self.choices]
        if unknown or not probabilities:
            raise unreadable(f"a probability is given for {unknown}; the labels are {_quoted(self.choices)}.")
        complete = dict(probabilities)
        _distribution(complete, whole=False)
        if len(self.choices) == 2 and len(complete) == 1:  # noqa: PLR2004 - yes and no
            (given,) = complete
            complete |= {label: 1 - complete[given] for label in self.choices if label != given}
        if len(complete) == len(self.choices):
            _distribution(complete, whole=True)
        best = max(complete.values())
        winners = [label for label, share in complete.items() if share == best]
        if len(winners) > 1:
            raise unreadable(f"the labels {_quoted(winners)} are equally likely.", Status.INCONCLUSIVE)
        return Verdict(label=winners[0], probabilities=complete)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A label for each of several numbered things. One that has none, or two, makes the reply unreadable."""

    labels: Labels
    count: int
    name: str = "verdicts"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Objects of index, rationale and label."""
        index = {"type": "integer", "enum": list(range(1, self.count + 1))}
        one = _object(index=index, rationale=_TEXT, label=self.labels.one)
        return _object(verdicts={"type": "array", "items": one, "minItems": self.count, "maxItems": self.count})

    @property
    def instruction(self) -> str:
        """The labels in words, and how to reply."""
        return (
            f"Choose one label for each of the {self.count} items, 1 to {self.count}.\n{self.labels.meanings}\n"
            "Reply with one JSON object and nothing else, with one entry for every item: "
            '{"verdicts": [{"index": the number of the item, "rationale": "the reasons, before the label", '
            f'"label": one of {_quoted(self.labels.choices)}}}]}}'
        )

    def read(self, data: Any) -> Verdict:
        """A verdict of an object."""
        check(data, self.schema)
        given = data["verdicts"]
        by_index = {entry["index"]: entry for entry in given}
        lacking = [str(index) for index in range(1, self.count + 1) if index not in by_index]
        if lacking:
            raise unreadable(f"verdicts: there is none for item {', '.join(lacking)}.")
        ordered = [by_index[index] for index in range(1, self.count + 1)]
        return Verdict(items=tuple(Verdict(rationale=_rationale(one), label=one["label"]) for one in ordered))

    def bare(self, value: float | bool) -> Verdict:  # noqa: FBT001 - it is what came
        """A value alone says nothing of several things."""
        raise unreadable(f"{value!r} is one verdict, and {self.count} are asked for.")

    def likely(self, probabilities: Mapping[str, float]) -> Verdict:
        """Probabilities say nothing of several things: a judge that gives them is asked of one after the other."""
        raise unreadable(f"{dict(probabilities)!r:.80} is one verdict, and {self.count} are asked for.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """Texts that the judge is to write: claims, facts, steps."""

    what: str
    name: str = "statements"

    @property
    def schema(self) -> Mapping[str, Any]:
        """A list of texts."""
        return _object(statements={"type": "array", "items": _TEXT})

    @property
    def instruction(self) -> str:
        """How to reply."""
        return (
            f"{self.what}\nReply with one JSON object and nothing else; the list is empty where there is none: "
            '{"statements": ["one", "another"]}'
        )

    def read(self, data: Any) -> Verdict:
        """A verdict of an object."""
        check(data, self.schema)
        statements = tuple(text.strip() for text in data["statements"])
        if not all(statements):
            raise unreadable("statements: one of them is empty.")
        return Verdict(statements=statements)

    def bare(self, value: float | bool) -> Verdict:  # noqa: FBT001 - it is what came
        """A value alone is no text."""
        raise unreadable(f"{value!r} is no list of texts.")

    def likely(self, probabilities: Mapping[str, float]) -> Verdict:
        """Probabilities are no texts."""
        raise unreadable(f"{dict(probabilities)!r:.80} is no list of texts.")


Form = Scale | Labels | Verdicts | Statements


def _object(**properties: Any) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _rationale(data: Mapping[str, Any]) -> str | None:
    return data.get("rationale") or None


def _quoted(labels: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(f'"{label}"' for label in labels)


def _distribution(shares: Mapping[str, Any], *, whole: bool) -> None:
    for label, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not math.isfinite(share):
            raise unreadable(f"the probability of {label!r} is {share!r}; it is a number from 0 to 1.")
        if not 0 <= share <= 1:
            raise unreadable(f"the probability of {label!r} is {share:g}, not within 0 and 1.", Status.OUT_OF_RANGE)
    total = math.fsum(shares.values())
    if total > 1 + _SUM or (whole and total < 1 - _SUM):
        raise unreadable(f"the probabilities add up to {total:g} instead of 1.", Status.OUT_OF_RANGE)
