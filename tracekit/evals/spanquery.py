"""A question to the spans of a trace: whether some exist, how many, in which order. Pure.

A matcher is an object: columns of the view `spans` and what they must be, `attributes` with names of attributes, and
`parent`, `ancestor`, `child` and `descendant` with a matcher of their own. A condition is a value, a list of values
one of which it is, or {"contains" | "starts_with" | "ends_with" | "min" | "max" | "not": ...}, all of which must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit.evals.fields import object_of, shown, whole
from tracekit.evals.metric import InvalidRowError

Span = Mapping[str, Any]
_QUESTIONS = ("exists", "count", "order", "all", "any", "not")
_RELATIVES = ("parent", "ancestor", "child", "descendant")
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "contains": lambda value, said: isinstance(value, str | list | tuple) and said in value,
    "starts_with": lambda value, said: isinstance(value, str) and value.startswith(said),
    "ends_with": lambda value, said: isinstance(value, str) and value.endswith(said),
    "min": lambda value, said: _number(value) and value >= said,
    "max": lambda value, said: _number(value) and value <= said,
    "not": lambda value, said: not _holds(value, said),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the spans say.

    Attributes:
        holds: whether it is so.
        why: what was looked for and found, part by part.
    """

    holds: bool
    why: tuple[str, ...]


class Spans:
    """The spans of one trace, as a tree, to be asked.

    Args:
        spans: rows of the view `spans`, in the order they started.
    """

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._by_id = {span.get("span_id"): span for span in spans}
        self._children: dict[Any, list[Span]] = {}
        for span in spans:
            self._children.setdefault(span.get("parent_span_id"), []).append(span)

    def ask(self, question: Any) -> Answer:
        """The answer to a question; of several, whether all hold.

        Raises:
            InvalidRowError: it cannot be understood; says which part.
        """
        if isinstance(question, list | tuple):
            return _both([self.ask(part) for part in question], all)
        asked = [name for name in _QUESTIONS if name in object_of(question, "the query")]
        if len(asked) != 1:
            raise InvalidRowError(
                f"the query {shown(question)} asks {asked or 'nothing'}; it asks one of {', '.join(_QUESTIONS)}."
            )
        allowed = {asked[0], *(("least", "most") if asked[0] == "count" else ())}
        if unknown := question.keys() - allowed:
            raise InvalidRowError(
                f"the query has {', '.join(sorted(unknown))} beside {asked[0]!r}, which means nothing there."
            )
        return getattr(self, f"_{asked[0]}")(question)

    def _exists(self, question: Mapping[str, Any]) -> Answer:
        found = len(self._matching(question["exists"]))
        return Answer(holds=found > 0, why=(f"{found} spans are like {question['exists']!r:.120}",))

    def _count(self, question: Mapping[str, Any]) -> Answer:
        if not {"least", "most"} & question.keys():
            raise InvalidRowError("a count has `least`, `most` or both.")
        found = len(self._matching(question["count"]))
        least = whole(question.get("least", 0), "least", least=0)
        most = whole(question["most"], "most", least=0) if "most" in question else None
        holds = found >= least and (most is None or found <= most)
        bounds = f"{least} or more" if most is None else f"{least} to {most}"
        return Answer(holds=holds, why=(f"{found} spans are like {question['count']!r:.120}; asked for {bounds}",))

    def _order(self, question: Mapping[str, Any]) -> Answer:
        wanted = question["order"]
        if not isinstance(wanted, list | tuple) or not wanted:
            raise InvalidRowError(f"order is {shown(wanted)}; it is a list of matchers.")
        place = 0
        for number, matcher in enumerate(wanted):
            there = [at for at in range(place, len(self._spans)) if self._is(self._spans[at], matcher)]
            if not there:
                return Answer(
                    holds=False, why=(f"no span like {matcher!r:.120} (number {number + 1}) starts after the others",)
                )
            place = there[0] + 1
        return Answer(holds=True, why=(f"{len(wanted)} spans start in this order",))

    def _all(self, question: Mapping[str, Any]) -> Answer:
        return _both([self.ask(part) for part in question["all"]], all)

    def _any(self, question: Mapping[str, Any]) -> Answer:
        return _both([self.ask(part) for part in question["any"]], any)

    def _not(self, question: Mapping[str, Any]) -> Answer:
        answer = self.ask(question["not"])
        return Answer(holds=not answer.holds, why=answer.why)

    def _matching(self, matcher: Any) -> list[Span]:
        return [span for span in self._spans if self._is(span, matcher)]

    def _is(self, span: Span, matcher: Any) -> bool:
        for name, condition in object_of(matcher, "a matcher").items():
            if name in _RELATIVES:
                if not any(self._is(other, condition) for other in self._relatives(span, name)):
                    return False
            elif name == "attributes":
                given = span.get("attributes") or {}
                if not all(_holds(given.get(each), said) for each, said in object_of(condition, "attributes").items()):
                    return False
            elif name not in span:
                raise InvalidRowError(f"a matcher asks for {name!r}, and spans have no such column.")
            elif not _holds(span[name], condition):
                return False
        return True

    def _relatives(self, span: Span, kind: str) -> Iterator[Span]:
        if kind in {"parent", "ancestor"}:
            yield from self._above(span, whole_way=kind == "ancestor")
        else:
            yield from self._beneath(span, whole_way=kind == "descendant")

    def _above(self, span: Span, *, whole_way: bool) -> Iterator[Span]:
        seen = {span.get("span_id")}
        parent = self._by_id.get(span.get("parent_span_id"))
        while parent is not None and parent.get("span_id") not in seen:
            yield parent
            if not whole_way:
                return
            seen.add(parent.get("span_id"))
            parent = self._by_id.get(parent.get("parent_span_id"))

    def _beneath(self, span: Span, *, whole_way: bool) -> Iterator[Span]:
        seen, open_ = {span.get("span_id")}, [span]
        while open_:
            for child in self._children.get(open_.pop().get("span_id"), ()):
                if child.get("span_id") in seen:
                    continue
                seen.add(child.get("span_id"))
                yield child
                open_ += [child] if whole_way else []


def _both(answers: Sequence[Answer], enough: Callable[[Iterator[bool]], bool]) -> Answer:
    if not answers:
        raise InvalidRowError("the query has a list without any question.")
    return Answer(
        holds=enough(answer.holds for answer in answers), why=tuple(why for each in answers for why in each.why)
    )


def _holds(value: Any, condition: Any) -> bool:
    if isinstance(condition, Mapping):
        if unknown := condition.keys() - _TESTS.keys():
            raise InvalidRowError(f"a condition has {', '.join(map(str, unknown))}; there are {', '.join(_TESTS)}.")
        return all(_TESTS[name](value, said) for name, said in condition.items())
    if isinstance(condition, list | tuple):
        return any(_holds(value, each) for each in condition)
    return (type(value) is type(condition) and value == condition) or (
        _number(value) and _number(condition) and value == condition
    )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
