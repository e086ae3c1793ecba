"""Whether a judge can be trusted: how far it agrees with humans, with itself, and with the length of what it reads.

What is not defined for the labels at hand is None and has its reason in `notes`: never 0. Intervals are 95 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracekit.errors import UsageError
from tracekit.evals.biases import Notes, Row, calibrated, corrected, cut, length_bias, orders, repeats
from tracekit.evals.judgements import Judgement, by_id
from tracekit.evals.reliability import reliability
from tracekit.evals.stats import agreement, ppi
from tracekit.evals.stats.agreement import Label, Level, Ratings
from tracekit.evals.stats.flips import Flips
from tracekit.evals.stats.intervals import Interval, wilson

MOST_CLASSES = 50
"""A table of more classes is no table."""
FEW = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A row on which judge and humans differ."""

    id: str
    label: Label
    judge: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What is known of a judge.

    Attributes:
        rows: rows of the file, repeats counted once.
        n: rows with a label and an answer: what agreement is computed on.
        missing_judge: labelled rows that the judge did not answer.
        missing_label: rows without a label.
        coverage: n over the labelled rows.
        classes: in order.
        statistics: agreement, kappa and the others by name; None where one is not defined.
        intervals: theirs.
        alpha_level: which of the alphas `alpha` is.
        confusion: humans' class down, judge's across; None above `MOST_CLASSES`.
        repeat, order: flips when asked again, and in another order.
        length_bias: Spearman of answer and length, and of answer less label and length.
        calibration: Brier, ECE and AUC, where labels are verdicts.
        ppi: the mean label of all rows, corrected.
        disagreements: the farthest apart first.
        notes: by the name of what is not there, why.
        remarks: what else a reader must know.
    """

    rows: int
    n: int
    missing_judge: int
    missing_label: int
    coverage: float
    classes: tuple[Label, ...]
    statistics: Mapping[str, float | None]
    intervals: Mapping[str, Interval | None]
    alpha_level: Level
    confusion: tuple[tuple[int, ...], ...] | None
    repeat: Flips
    order: Flips
    length_bias: Mapping[str, float | None]
    calibration: Mapping[str, float | None]
    ppi: ppi.Corrected | None
    disagreements: tuple[Disagreement, ...]
    notes: Mapping[str, str]
    remarks: tuple[str, ...]


def validate(
    judgements: Sequence[Judgement],
    *,
    classes: Sequence[Label] | None = None,
    threshold: float | None = None,
    level: Level | None = None,
    seed: int = 0,
) -> Validity:
    """Compare a judge with humans.

    Agreement is of the first answer to each row, as the judge is used; further trials and orders show its flips.

    Args:
        judgements: its answers and their labels.
        classes: the whole scale in order; gives classes in words an order, and a scale its unused steps.
        threshold: numbers from this on are 1, others 0, before labels and answers are compared.
        level: of `alpha`; by default ordinal where classes are in order, else nominal.
        seed: of the bootstrap.

    Raises:
        UsageError: a label is none of the classes; a threshold for words, or classes and a threshold; an interval
            level for words; a row with two labels.
    """
    rows = by_id(judgements)
    labels = {name: next((one.label for one in all_ if one.label is not None), None) for name, all_ in rows.items()}
    firsts = [(all_[0], labels[name], all_[0].judge) for name, all_ in rows.items()]
    both = [(one, label, judge) for one, label, judge in firsts if label is not None and judge is not None]
    _check(judgements, classes=classes, threshold=threshold, level=level)
    pairs = [(cut(label, threshold), cut(judge, threshold)) for _, label, judge in both]
    try:
        ratings = agreement.encode([label for label, _ in pairs], [judge for _, judge in pairs], classes=classes)
    except ValueError as error:
        raise UsageError(f"{error} Name all of them, or none.") from error
    ordered = classes is not None or not any(isinstance(label, str) for label in ratings.classes)
    chosen: Level = level or ("ordinal" if ordered else "nominal")
    found = reliability(ratings, ordered=ordered, level=chosen, seed=seed)
    notes: Notes = dict(found.notes)
    labelled = sum(label is not None for label in labels.values())
    ids = [one.id for one, _, _ in both]
    rates, rate_intervals = _rates(ratings, notes)
    return Validity(
        rows=len(rows), n=len(both), missing_judge=labelled - len(both), missing_label=len(rows) - labelled,
        coverage=len(both) / labelled if labelled else 0.0, classes=ratings.classes,
        statistics={**found.statistics, **rates}, intervals={**found.intervals, **rate_intervals}, alpha_level=chosen,
        confusion=_table(ratings, notes), repeat=repeats(rows, threshold, notes), order=orders(rows, threshold, notes),
        length_bias=length_bias(both, notes), calibration=calibrated(both, notes), ppi=corrected(firsts, notes),
        disagreements=_disagreements(ids, pairs, ratings), notes=notes,
        remarks=_remarks(ratings, len(both), labelled, both, classes=classes, threshold=threshold),
    )  # fmt: skip


def _check(
    judgements: Sequence[Judgement], *, classes: Sequence[Label] | None, threshold: float | None, level: Level | None
) -> None:
    words = any(isinstance(value, str) for one in judgements for value in (one.label, one.judge))
    if threshold is not None and (words or classes is not None):
        raise UsageError("a threshold makes verdicts of numbers; it goes with neither words nor named classes.")
    if words and level == "interval":
        raise UsageError("alpha at interval level is of numbers, and the labels are words; use nominal or ordinal.")


def _rates(ratings: Ratings, notes: Notes) -> tuple[dict[str, float | None], dict[str, Interval | None]]:
    """Of what humans pass, how much the judge passes; of what they fail, how much it fails."""
    rates: dict[str, float | None] = {"sensitivity": None, "specificity": None}
    bounds: dict[str, Interval | None] = {"sensitivity": None, "specificity": None}
    if ratings.classes and not set(ratings.classes) <= {0.0, 1.0}:
        notes |= dict.fromkeys(rates, "they are of verdicts, 0 and 1; these are other classes.")
        return rates, bounds
    for name, truth in (("sensitivity", 1.0), ("specificity", 0.0)):
        code = ratings.classes.index(truth) if truth in ratings.classes else -1
        rows = ratings.second[0][ratings.first[0] == code]
        if len(rows) == 0:
            notes[name] = f"no label is {truth:g}."
            continue
        right = int((rows == code).sum())
        rates[name], bounds[name] = right / len(rows), wilson(right, len(rows))
    return rates, bounds


def _table(ratings: Ratings, notes: Notes) -> tuple[tuple[int, ...], ...] | None:
    if ratings.k > MOST_CLASSES:
        notes["confusion"] = f"there are {ratings.k} different values; a threshold makes verdicts of them."
        return None
    return tuple(tuple(int(count) for count in line) for line in agreement.confusion(ratings))


def _disagreements(
    ids: Sequence[str], pairs: Sequence[tuple[Label, Label]], ratings: Ratings
) -> tuple[Disagreement, ...]:
    apart = [
        (abs(int(x) - int(y)), place)
        for place, (x, y) in enumerate(zip(ratings.first[0], ratings.second[0], strict=True))
        if x != y
    ]
    apart.sort(key=lambda one: (-one[0], one[1]))
    return tuple(Disagreement(id=ids[place], label=pairs[place][0], judge=pairs[place][1]) for _, place in apart)


def _remarks(
    ratings: Ratings,
    n: int,
    labelled: int,
    both: Sequence[Row],
    *,
    classes: Sequence[Label] | None,
    threshold: float | None,
) -> tuple[str, ...]:
    remarks: list[str] = []
    if n < labelled:
        remarks.append(
            f"the judge answered {n} of {labelled} labelled rows; agreement is of those alone, and may flatter."
        )
    if 0 < n < FEW:
        remarks.append(f"{n} rows are few: the intervals are wide, and those of kappa narrower than they should be.")
    numbers = [label for label in ratings.classes if not isinstance(label, str)]
    whole = bool(numbers) and all(number % 1 == 0 for number in numbers)
    if classes is None and whole and numbers[-1] - numbers[0] + 1 != len(numbers):
        remarks.append(
            "some steps of the scale occur nowhere; weighted kappas take the classes that do as neighbours, unless "
            "the whole scale is named."
        )
    verdicts = {label for _, label, _ in both} <= {0.0, 1.0}
    if threshold is None and both and verdicts and not {judge for _, _, judge in both} <= {0.0, 1.0}:
        remarks.append(
            "labels are verdicts and answers are numbers, which agree only where they are equal: set a threshold."
        )
    return tuple(remarks)
