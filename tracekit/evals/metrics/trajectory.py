"""The tools that were called against those that should have been: order, number, arguments. Calls are multisets.

Calls come from `tool_calls`, or else from the row's spans. An empty `expected_tool_calls` says that none should be
made.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from tracekit.evals.arguments import matched
from tracekit.evals.decoded import key
from tracekit.evals.fields import choice, flag, limited, object_of, verdict, whole
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.observed import tool_calls
from tracekit.evals.row import Row, ToolCall
from tracekit.evals.score import Score

_INPUTS = ("tool_calls|spans", "expected_tool_calls")
_MODES = ("exact", "in_order", "any_order", "subset", "superset")
_PAIRS = 100_000_000


@metric(
    inputs=_INPUTS,
    binary=True,
    source="Vertex AI's trajectory metrics and agentevals' modes; checked against one written for the tests",
)
def trajectory_match(row: Row, *, mode: str = "exact", arguments: bool = False) -> Score:
    """Whether the calls are those that were expected: `mode` exact, in_order, any_order, subset or superset.

    exact: the same calls in the same order. in_order: the expected ones in their order, others may stand between.
    any_order: the same calls, each as often, in any order. subset: no call that was not expected. superset: all that
    were expected, and perhaps more. `arguments=True` compares arguments as well as names.
    """
    how = choice(mode, "mode", _MODES)
    called, expected = _steps(row, arguments)
    mine, theirs = Counter(called), Counter(expected)
    holds = {
        "exact": called == expected,
        "in_order": _lcs(called, expected) == len(expected),
        "any_order": mine == theirs,
        "subset": mine <= theirs,
        "superset": mine >= theirs,
    }[how]
    return verdict(holds, missing=_names(theirs - mine), unexpected=_names(mine - theirs))


@metric(inputs=_INPUTS, source="longest common subsequence; checked against one written for the tests")
def trajectory_lcs(row: Row, *, arguments: bool = False) -> Score:
    """Longest common subsequence of the calls and the expected ones, over the expected ones.

    Where no call is expected, it is undefined and the row `invalid`.
    """
    called, expected = _steps(row, arguments)
    if not expected:
        raise InvalidRowError(
            "no call is expected, so no part of it can be found; trajectory_match tells of such a row."
        )
    length = _lcs(called, expected)
    return Score(value=length / len(expected), details={"lcs": length, "calls": len(called), "expected": len(expected)})


@metric(inputs=_INPUTS, source="Levenshtein 1966, over calls; rapidfuzz, checked against one written for the tests")
def trajectory_edit_similarity(row: Row, *, arguments: bool = False) -> Score:
    """1 less the edits that make the calls the expected ones, over the longer list. Two empty lists: 1."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - heavy

    called, expected = _steps(row, arguments)
    limited(len(called) * len(expected), _PAIRS, "the two lists of calls")
    edits = Levenshtein.distance(*_numbered(called, expected))
    longer = max(len(called), len(expected))
    return Score(value=1 - edits / longer if longer else 1.0, details={"edits": edits})


@metric(inputs=_INPUTS, source="F1 over multisets (ToolCallF1 of Ragas has sets); checked against one for the tests")
def tool_call_f1(row: Row, *, arguments: bool = False) -> Score:
    """F1 of the calls and the expected ones, as multisets of names; with `arguments=True` of names with arguments.

    Where none is expected it is 1 if none was made, else 0.
    """
    called, expected = _steps(row, arguments)
    shared = (Counter(called) & Counter(expected)).total()
    total = len(called) + len(expected)
    details = {
        "precision": shared / len(called) if called else None,
        "recall": shared / len(expected) if expected else None,
        "missing": _names(Counter(expected) - Counter(called)),
        "unexpected": _names(Counter(called) - Counter(expected)),
    }
    return Score(value=2 * shared / total if total else 1.0, details=details)


@metric(inputs=_INPUTS, source="rules by argument; checked against one written for the tests")
def tool_argument_match(row: Row, *, rules: Any = None, extra: str = "fail") -> Score:
    """Share of the arguments of the expected calls that the calls have right, each by its rule.

    The n-th expected call of a tool is held against the n-th call of it; of one that was not made all are wrong.
    `rules` names an argument, or `tool.argument`: "exact" (the default), "ignore", "subset" (what is expected is in
    it), {"tolerance": 0.1}, {"relative": 0.01} or {"regex": "..."}. An argument that was not expected is wrong too,
    unless `extra="ignore"`.
    """
    known = {} if rules is None else object_of(rules, "rules")
    strict = choice(extra, "extra", ("fail", "ignore")) == "fail"
    made: defaultdict[str, deque[ToolCall]] = defaultdict(deque)
    for call in _called(row):
        made[call.name].append(call)
    right, wrong = 0, list[str]()
    for call in row.expected_tool_calls or ():
        there = made[call.name].popleft() if made[call.name] else None
        for name, holds in _arguments(call, there, known, strict=strict):
            right += holds
            wrong += [] if holds else [f"{call.name}.{name}"]
    total = right + len(wrong)
    if not total:
        raise InvalidRowError("no argument is expected, and no call was missed, so none can be right or wrong.")
    return Score(value=right / total, passed=not wrong, details={"right": right, "wrong": wrong})


@metric(inputs=["tool_calls|spans"], high=None, better="lower", unit="calls", source="a count")
def tool_call_count(row: Row, *, name: str | None = None, most: int | None = None) -> Score:
    """How many tools were called, or how often the one of that `name`; passes up to `most`, where that is given."""
    count = sum(name in {None, call.name} for call in _called(row))
    return Score(value=count, passed=None if most is None else count <= whole(most, "most", least=0))


@metric(
    inputs=["tool_calls|spans"],
    binary=True,
    source="repeated blocks of calls; checked against one written for the tests",
)
def loop_detection(row: Row, *, repeats: int = 3, longest: int = 4, arguments: bool = True) -> Score:
    """Whether the calls are free of loops: no block of up to `longest` calls stands `repeats` times or more in a row.

    Calls are the same with the same arguments; `arguments=False` looks at names alone.
    """
    least, most = whole(repeats, "repeats", least=2), whole(longest, "longest")
    calls = _called(row)
    steps, _ = _numbered([_step(call, flag(arguments, "arguments")) for call in calls], [])
    for size in range(1, most + 1):
        same = 0
        for at in range(size, len(steps)):
            same = same + 1 if steps[at] == steps[at - size] else 0
            if same == size * (least - 1):
                block = [call.name for call in calls[at - size + 1 : at + 1]]
                begins = at - size * least + 1
                return verdict(False, f"{block} stands {least} times in a row, from call {begins}.", block=block)
    return verdict(True)


def _called(row: Row) -> tuple[ToolCall, ...]:
    return tool_calls(row.spans or ()) if row.tool_calls is None else row.tool_calls


def _steps(row: Row, arguments: Any) -> tuple[list[Hashable], list[Hashable]]:
    whole_calls = flag(arguments, "arguments")
    called = [_step(call, whole_calls) for call in _called(row)]
    return called, [_step(call, whole_calls) for call in row.expected_tool_calls or ()]


def _step(call: ToolCall, arguments: bool) -> Hashable:  # noqa: FBT001
    return (call.name, key(call.arguments or {})) if arguments else (call.name,)


def _names(steps: Counter[Any]) -> list[str]:
    return [str(step[0]) for step in steps.elements()]


def _numbered(*lists: Sequence[Hashable]) -> list[list[int]]:
    """Steps as numbers, equal ones equal: what compares them hashes as it likes."""
    numbers: dict[Hashable, int] = {}
    return [[numbers.setdefault(step, len(numbers)) for step in steps] for steps in lists]


def _lcs(called: Sequence[Hashable], expected: Sequence[Hashable]) -> int:
    from rapidfuzz.distance import LCSseq  # noqa: PLC0415 - heavy

    limited(len(called) * len(expected), _PAIRS, "the two lists of calls")
    return LCSseq.similarity(*_numbered(called, expected))


def _arguments(
    expected: ToolCall, made: ToolCall | None, rules: Mapping[str, Any], *, strict: bool
) -> list[tuple[str, bool]]:
    """Of each argument that counts, whether it is right; of a call without any, whether it was made."""
    wanted = object_of(expected.arguments or {}, f"the expected arguments of {expected.name}")
    given: Any = (made.arguments or {}) if made is not None else None
    found: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    names = [*wanted, *(name for name in found if strict and name not in wanted)]
    ruled = {name: rules.get(f"{expected.name}.{name}", rules.get(name, "exact")) for name in names}
    counted = [name for name in names if ruled[name] != "ignore"]
    if not counted:
        return [("(the call)", False)] if made is None else []
    return [
        (name, name in wanted and name in found and matched(found[name], wanted[name], ruled[name], name))
        for name in counted
    ]
