"""JSON in outputs: whether it is any, fits a schema, and how near it is to what was expected.

An output that is no JSON scores 0: it is the output's fault. An `expected` or a schema that cannot be read is the
dataset's, and the row is `invalid`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tracekit.evals.decoded import NotJsonError, expected, key, leaves, parse, path_of, read, unfenced
from tracekit.evals.fields import flag, limited, verdict
from tracekit.evals.matching import span
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_PAIRS = 250_000
_SHOWN = 20


@metric(
    inputs=["output"], binary=True, source="RFC 8259; checked against Python's json, which takes NaN and infinities too"
)
def json_valid(row: Row, *, fenced: bool = False) -> Score:
    """Whether the output is JSON, all of it. An output that is no text is JSON already.

    `fenced=True` lets a Markdown code fence stand around it.
    """
    fenced = flag(fenced, "fenced")
    if not isinstance(row.output, str):
        return verdict(True)
    try:
        parse(unfenced(row.output) if fenced else row.output, unique=False)
    except NotJsonError as error:
        return verdict(False, f"the output is no JSON: {error}.")
    return verdict(True)


@metric(
    inputs=["output", "schema|expected"],
    binary=True,
    source="JSON Schema, draft 2020-12 unless $schema names another; jsonschema, checked against worked examples",
)
def json_schema_valid(row: Row, *, schema: Any = None, fenced: bool = False) -> Score:
    """Whether the output is JSON that fits a JSON Schema: the option or column `schema`, else `expected`.

    Formats are annotations, as the draft has it. Nothing is fetched: a reference out of the schema makes the row
    invalid.
    """
    validator = _validator(expected(row.expected) if schema is None else _schema(schema))
    try:
        found = read(row.output, fenced=flag(fenced, "fenced"))
    except NotJsonError as error:
        return verdict(False, f"the output is no JSON: {error}.", errors=[])
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - of jsonschema

    try:
        faults = sorted(validator.iter_errors(found), key=lambda fault: [str(part) for part in fault.absolute_path])
    except Unresolvable as error:
        raise InvalidRowError(f"the schema refers to {error.ref!r:.100}, which stands outside of it.") from error
    said = [f"{path_of(list(fault.absolute_path))}: {fault.message:.200}" for fault in faults]
    return verdict(not said, said[0] if said else None, errors=said[:_SHOWN], count=len(said))


@metric(
    inputs=["output", "expected"],
    source="1 less deep_distance of deepdiff; checked against deepdiff 9.1, but for what docs/metrics.md names",
)
def json_diff(row: Row, *, ignore_order: bool = True, fenced: bool = False) -> Score:
    """1 less the leaves changed, added and removed, over the parts of both: values, names and containers.

    Lists are compared whatever their order, their items paired so that the fewest leaves change; `ignore_order=False`
    compares place by place. Where the roots are of different kinds, or different scalars, it is 0.
    """
    wanted, ordered = expected(row.expected), not flag(ignore_order, "ignore_order")
    try:
        found = read(row.output, fenced=flag(fenced, "fenced"))
    except NotJsonError as error:
        return Score(value=0.0, rationale=f"the output is no JSON: {error}.")
    if not isinstance(found, Mapping | list | tuple) or _kind(found) is not _kind(wanted):
        return Score(value=float(key(found) == key(wanted)))
    changes, parts = _changes(found, wanted, ordered=ordered), _parts(found) + _parts(wanted)
    return Score(value=1 - changes / parts, details={"changes": changes, "parts": parts})


@metric(inputs=["output", "expected"], source="F1 over leaves; checked against one written for the tests")
def json_field_f1(row: Row, *, ignore_order: bool = True, fenced: bool = False) -> Score:
    """F1 of the leaves that output and expected JSON share, each a path and its value, as multisets.

    Where a list is on the path its place in it counts only with `ignore_order=False`.
    """
    ordered = not flag(ignore_order, "ignore_order")
    wanted = Counter(leaves(expected(row.expected), ordered=ordered))
    try:
        found = Counter(leaves(read(row.output, fenced=flag(fenced, "fenced")), ordered=ordered))
    except NotJsonError as error:
        return Score(value=0.0, rationale=f"the output is no JSON: {error}.")
    shared = (found & wanted).total()
    details = {
        "precision": shared / found.total(),
        "recall": shared / wanted.total(),
        "missing": sorted(path_of(path) for path, _ in wanted - found)[:_SHOWN],
        "unexpected": sorted(path_of(path) for path, _ in found - wanted)[:_SHOWN],
    }
    return Score(value=2 * shared / (found.total() + wanted.total()), details=details)


def _schema(schema: Any) -> Any:
    try:
        return read(schema, fenced=False)
    except NotJsonError as error:
        raise InvalidRowError(f"the schema is no JSON: {error}.") from error


def _validator(schema: Any) -> Any:
    """A validator that fetches nothing and gives up on a pattern that takes too long."""
    from jsonschema import Draft202012Validator, SchemaError, ValidationError, validators  # noqa: PLC0415 - heavy
    from jsonschema_specifications import REGISTRY  # noqa: PLC0415

    if not isinstance(schema, Mapping | bool):
        raise InvalidRowError(f"the schema is {schema!r:.60}; it is an object, or true or false.")

    def pattern(_: Any, said: Any, instance: Any, __: Any) -> Any:
        if isinstance(instance, str) and span(said, instance) is None:
            yield ValidationError(f"{instance!r:.100} does not match {said!r:.100}")

    chosen: Any = validators.validator_for(schema, default=Draft202012Validator)
    try:
        chosen.check_schema(schema)
    except SchemaError as error:
        raise InvalidRowError(f"the schema is none: {error.message:.200}.") from error
    return validators.extend(chosen, {"pattern": pattern})(schema, registry=REGISTRY)


def _kind(value: Any) -> type:
    return Mapping if isinstance(value, Mapping) else list if isinstance(value, list | tuple) else object


def _parts(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(1 + _parts(item) for item in value.values())
    return 1 + sum(map(_parts, value)) if isinstance(value, list | tuple) else 1


def _leaves(value: Any) -> int:
    return sum(1 for _ in leaves(value, ordered=True))


def _changes(found: Any, wanted: Any, *, ordered: bool) -> int:
    """The least number of leaves to change, add or take away."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        shared = found.keys() & wanted.keys()
        alone = sum(_leaves(item) for one in (found, wanted) for name, item in one.items() if name not in shared)
        return alone + sum(_changes(found[name], wanted[name], ordered=ordered) for name in shared)
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple):
        return _paired(found, wanted) if not ordered else _placed(found, wanted)
    return 0 if key(found) == key(wanted) else max(_leaves(found), _leaves(wanted))


def _placed(found: Sequence[Any], wanted: Sequence[Any]) -> int:
    both = min(len(found), len(wanted))
    changed = sum(_changes(a, b, ordered=True) for a, b in zip(found, wanted, strict=False))
    return changed + sum(map(_leaves, found[both:])) + sum(map(_leaves, wanted[both:]))


def _paired(found: Sequence[Any], wanted: Sequence[Any]) -> int:
    mine, theirs = _without_equals(found, wanted, _unordered), _without_equals(wanted, found, _unordered)
    limited(len(mine) * len(theirs), _PAIRS, "two lists of the JSON")
    if not mine or not theirs:
        return sum(map(_leaves, mine)) + sum(map(_leaves, theirs))
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - heavy

    costs = [[_changes(a, b, ordered=False) for b in theirs] for a in mine]
    rows, columns = (list(map(int, each)) for each in linear_sum_assignment(costs))
    paired = sum(costs[a][b] for a, b in zip(rows, columns, strict=True))
    left = [each for place, each in enumerate(mine) if place not in set(rows)]
    left += [each for place, each in enumerate(theirs) if place not in set(columns)]
    return paired + sum(map(_leaves, left))


def _without_equals(these: Sequence[Any], those: Sequence[Any], same: Callable[[Any], Any]) -> list[Any]:
    """What is left of a list once what the other has too is taken out, as often as the other has it."""
    there = Counter(map(same, those))
    left: list[Any] = []
    for each in these:
        name = same(each)
        if there[name]:
            there[name] -= 1
        else:
            left.append(each)
    return left


def _unordered(value: Any) -> Any:
    """The key of a value whose lists have no order."""
    if isinstance(value, Mapping):
        return ("object", frozenset((str(name), _unordered(item)) for name, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", frozenset(Counter(map(_unordered, value)).items()))
    return key(value)
