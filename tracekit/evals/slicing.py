"""Parts of the rows, looked at one by one: where a difference comes from. They explore, and never decide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tracekit.errors import UsageError
from tracekit.evals.assemble import assemble
from tracekit.evals.comparison import MetricComparison
from tracekit.evals.describe import describe
from tracekit.evals.known import Known
from tracekit.evals.measure import Measured, measure
from tracekit.evals.pairing import Pairing, Sample, pair
from tracekit.evals.results import Result, Run
from tracekit.evals.rules import Rules
from tracekit.evals.stats.multiplicity import benjamini_hochberg

MOST = 200
"""More values than this name rows, not parts."""

_METADATA = "metadata."
"""May stand before a name in the metadata."""

Slices = Mapping[str, Mapping[str, MetricComparison]]


def sliced(
    samples: Mapping[str, Sample], known: Mapping[str, Known], why_not: Mapping[str, str | None], pairing: Pairing,
    *, rules: Rules,
) -> Slices:  # fmt: skip
    """Every metric in every part, by `key=value`; p values adjusted over all of them by Benjamini and Hochberg.

    Raises:
        UsageError: no row has the key, or it has more than `MOST` values.
    """
    found = {key: _parts(pairing, key) for key in rules.slices}
    for key, those in found.items():
        why = _unusable(key, those)
        if why is not None:
            raise UsageError(why)
    parts = [(name, rows) for those in found.values() for name, rows in those.items()]
    measured: dict[tuple[str, str], tuple[Sample, Measured]] = {}
    for name, rows in parts:
        for label, whole in samples.items():
            if why_not[label] is None:
                given = whole.only(rows.__contains__)
                info = known[label].info
                numbers = measure(
                    given, label, lower_is_better=info.better == "lower", ratio=info.ratio, test=rules.test,
                    interval=rules.interval,
                )  # fmt: skip
                if numbers is not None:
                    measured[name, label] = given, numbers
    tested = [key for key, (_, numbers) in measured.items() if numbers.p is not None]
    adjusted = dict(zip(tested, benjamini_hochberg([measured[key][1].p or 0.0 for key in tested]), strict=True))
    made: dict[str, dict[str, MetricComparison]] = {}
    for (name, label), (given, numbers) in measured.items():
        one = replace(known[label], info=replace(known[label].info, gated=False, compared=True, specs=(), notes=()))
        cand = describe(given.whole_cand, (), {})
        made.setdefault(name, {})[label] = assemble(
            label, one, given=given, found=numbers, cand=cand, why_not=None, p_adjusted=adjusted.get((name, label)),
            level=rules.alpha / max(len(tested), 1), rules=replace(rules, min_coverage=0.0),
        )  # fmt: skip
    return made


def _parts(pairing: Pairing, key: str) -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    for row in pairing.common:
        value = pairing.clusters.get(row) if key == "cluster" else _of_metadata(pairing, row, key)
        if value is not None:
            parts.setdefault(f"{key}={value}", set()).add(row)
    return parts


def unusable(base: Run, cand: Run, keys: Iterable[str]) -> dict[str, str]:
    """Of the keys those that make no parts of two runs, and why."""
    pairing = pair(base, cand)
    return {key: why for key in keys if (why := _unusable(key, _parts(pairing, key))) is not None}


def _unusable(key: str, parts: Mapping[str, set[str]]) -> str | None:
    if not parts:
        return f"no row has {key!r} to slice by; it is `cluster`, or a name in the rows' metadata."
    if len(parts) > MOST:
        return f"{key!r} has {len(parts)} values; a slice is a part of the rows, at most {MOST} of them."
    return None


def _of_metadata(pairing: Pairing, row: str, key: str) -> str | None:
    for result in (*pairing.cand[row], *pairing.base[row]):
        value = _value(result, key)
        if value is not None:
            return value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
    return None


def _value(result: Result, key: str) -> object:
    key = key.removeprefix(_METADATA)
    if key in result.metadata:
        return result.metadata[key]
    if result.row is None:
        return None
    return result.row.metadata.get(key, result.row.columns.get(key))
