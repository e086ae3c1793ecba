"""Rankings of ids against the ids that are relevant, as trec_eval has it.

What has a gain above 0 is relevant. An id that is retrieved again keeps its rank and counts as not relevant there, so
that no ranking gains by repeating itself. Without anything relevant nothing is defined, and the row is `invalid`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tracekit.evals.fields import choice, number, whole
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_INPUTS = ("retrieved", "relevant")
_TREC = "trec_eval; checked against pytrec-eval-terrier"


@metric(inputs=_INPUTS, source=f"P_k of {_TREC}")
def precision_at_k(row: Row, *, k: int | None = None) -> float:
    """Relevant ids among the first k, over k, also where fewer were retrieved. Without `k`: over all retrieved."""
    hits = _hits(row, k)
    return _share(sum(hits), _depth(hits, k))


@metric(inputs=_INPUTS, source=f"recall_k of {_TREC}")
def recall_at_k(row: Row, *, k: int | None = None) -> float:
    """Relevant ids among the first k, over all relevant ones. Without `k`: among all that were retrieved."""
    return sum(_hits(row, k)) / _relevant(row)


@metric(inputs=_INPUTS, source="harmonic mean of P_k and recall_k of trec_eval; checked against pytrec-eval-terrier")
def f1_at_k(row: Row, *, k: int | None = None) -> float:
    """Harmonic mean of precision and recall at k; 0 where nothing relevant is among the first k."""
    hits = _hits(row, k)
    precision, recall = _share(sum(hits), _depth(hits, k)), sum(hits) / _relevant(row)
    return 2 * precision * recall / (precision + recall) if precision else 0.0


@metric(inputs=_INPUTS, binary=True, source=f"success_k of {_TREC}")
def hit_rate(row: Row, *, k: int | None = None) -> bool:
    """Whether anything relevant is among the first k."""
    return any(_hits(row, k))


@metric(inputs=_INPUTS, source=f"recip_rank of {_TREC}")
def mrr(row: Row, *, k: int | None = None) -> float:
    """1 over the rank of the first relevant id; 0 where none is among the first k."""
    hits = _hits(row, k)
    return 1 / (hits.index(True) + 1) if any(hits) else 0.0


@metric(inputs=_INPUTS, name="map", source=f"map and map_cut_k of {_TREC}")
def average_precision(row: Row, *, k: int | None = None) -> float:
    """Average precision: the precision at each relevant id among the first k, summed, over all relevant ones."""
    hits, seen, total = _hits(row, k), 0, 0.0
    for rank, hit in enumerate(hits, 1):
        seen += hit
        total += seen / rank if hit else 0.0
    return total / _relevant(row)


@metric(
    inputs=_INPUTS,
    source="Järvelin and Kekäläinen 2002; ndcg of trec_eval, with exponential gain Burges et al. 2005; "
    "checked against pytrec-eval-terrier and scikit-learn",
)
def ndcg(row: Row, *, k: int | None = None, gain: str = "linear") -> Score:
    """Gains over log2(rank + 1), summed over the first k, over the same sum of the best ranking there could be.

    The gain is the one of `relevant` (1 where only ids are given); with `gain="exponential"` it is 2^gain - 1.
    """
    exponential = choice(gain, "gain", ("linear", "exponential")) == "exponential"
    gains = {name: (2.0**value - 1) if exponential else value for name, value in (row.relevant or {}).items()}
    _relevant(row)
    if not math.isfinite(sum(gains.values())):
        raise InvalidRowError("the gains are too great to be summed.")
    depth = None if k is None else whole(k, "k")
    places = {name: place for place, name in reversed(list(enumerate((row.retrieved or ())[:depth])))}
    found = math.fsum(gains.get(name, 0.0) / math.log2(place + 2) for name, place in places.items())
    best = enumerate(sorted(gains.values(), reverse=True)[:depth])
    ideal = math.fsum(each / math.log2(place + 2) for place, each in best)
    value = min(found / ideal, 1.0)  # which it exceeds by a rounding error only: no ranking is better than the best
    return Score(value=value, details={"dcg": found, "ideal_dcg": ideal})


@metric(inputs=_INPUTS, source=f"Rprec of {_TREC}")
def r_precision(row: Row) -> float:
    """Relevant ids among the first R, over R, where R is how many are relevant."""
    total = _relevant(row)
    return sum(_hits(row, total)) / total


@metric(
    inputs=_INPUTS,
    source="Moffat and Zobel 2008, formula 8; checked against its worked example and one written for the tests",
)
def rbp(row: Row, *, p: float = 0.8) -> Score:
    """Rank-biased precision: (1 - p) times the sum of p^(rank - 1) over relevant ids, for a reader who goes on with p.

    `details.residual` is what the ranks that were not retrieved could add.
    """
    persistence = number(p, "p", least=0, most=1)
    if persistence in {0.0, 1.0}:
        raise InvalidRowError(f"p is {p}; it is above 0 and below 1.")
    _relevant(row)
    hits = _hits(row, None)
    value = (1 - persistence) * math.fsum(persistence**place for place, hit in enumerate(hits) if hit)
    return Score(value=value, details={"residual": persistence ** len(hits)})


def _hits(row: Row, k: Any) -> list[bool]:
    """Of each of the first k, whether it is relevant and new."""
    _relevant(row)
    depth = None if k is None else whole(k, "k")
    gains, seen = row.relevant or {}, set[str]()
    hits: list[bool] = []
    for name in (row.retrieved or ())[:depth]:
        hits.append(gains.get(name, 0.0) > 0 and name not in seen)
        seen.add(name)
    return hits


def _relevant(row: Row) -> int:
    total = sum(value > 0 for value in (row.relevant or {}).values())
    if not total:
        raise InvalidRowError("relevant names no id with a gain above 0, so no ranking is right or wrong.")
    return total


def _depth(hits: Sequence[bool], k: Any) -> int:
    return len(hits) if k is None else whole(k, "k")


def _share(part: int, of: int) -> float:
    return part / of if of else 0.0
