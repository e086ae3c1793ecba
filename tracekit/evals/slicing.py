"""Parts of the rows, looked at one by one: where a difference comes from. They explore, and never decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from tracekit.errors import UsageError
from tracekit.evals.assemble import assemble
from tracekit.evals.comparison import MetricComparison
from tracekit.evals.describe import describe
from tracekit.evals.known import Known
from tracekit.evals.measure import Measured, measure
from tracekit.evals.pairing import Pairing, Sample
from tracekit.evals.results import Result
from tracekit.evals.rules import Rules
from tracekit.evals.stats.multiplicity import benjamini_hochberg

MOST = 200
"""More values than this name rows, not parts."""

Slices = Mapping[str, Mapping[str, MetricComparison]]


def sliced(
    samples: Mapping[str, Sample], known: Mapping[str, Known], why_not: Mapping[str, str | None], pairing: Pairing,
    *, rules: Rules,
) -> Slices:  # fmt: skip
    """Every metric in every part, by `key=value`; p values adjusted over all of them by Benjamini and Hochberg.

    Raises:
        UsageError: no row has the key, or it has more than `MOST` values.
    """
    parts = [(name, rows) for key in rules.slices for name, rows in _parts(pairing, key).items()]
    measured: dict[tuple[str, str], tuple[Sample, Measured]] = {}
    for name, rows in parts:
        for label, whole in samples.items():
            if why_not[label] is None:
                given = whole.only(rows.__contains__)
                info = known[label].info
                found = measure(
                    given, label, lower_is_better=info.better == "lower", ratio=info.ratio, test=rules.test,
                    interval=rules.interval,
                )  # fmt: skip
                if found is not None:
                    measured[name, label] = given, found
    tested = [key for key, (_, found) in measured.items() if found.p is not None]
    adjusted = dict(zip(tested, benjamini_hochberg([measured[key][1].p or 0.0 for key in tested]), strict=True))
    made: dict[str, dict[str, MetricComparison]] = {}
    for (name, label), (given, found) in measured.items():
        one = replace(known[label], info=replace(known[label].info, gated=False, specs=()))
        cand = describe(given.whole_cand, (), {})
        made.setdefault(name, {})[label] = assemble(
            label, one, given=given, found=found, cand=cand, why_not=None, p_adjusted=adjusted.get((name, label)),
            level=rules.alpha / max(len(tested), 1), rules=replace(rules, min_coverage=0.0),
        )  # fmt: skip
    return made


def _parts(pairing: Pairing, key: str) -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    for row in pairing.common:
        value = pairing.clusters.get(row) if key == "cluster" else _of_metadata(pairing, row, key)
        if value is not None:
            parts.setdefault(f"{key}={value}", set()).add(row)
    if not parts:
        raise UsageError(f"no row has {key!r} to slice by; it is `cluster`, or a name in the rows' metadata.")
    if len(parts) > MOST:
        raise UsageError(f"{key!r} has {len(parts)} values; a slice is a part of the rows, at most {MOST} of them.")
    return parts


def _of_metadata(pairing: Pairing, row: str, key: str) -> str | None:
    for result in (*pairing.cand[row], *pairing.base[row]):
        value = _value(result, key)
        if value is not None:
            return value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
    return None


def _value(result: Result, key: str) -> object:
    if key in result.metadata:
        return result.metadata[key]
    if result.row is None:
        return None
    return result.row.metadata.get(key, result.row.columns.get(key))
