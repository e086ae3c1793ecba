"""What a judge's answers depend on besides the truth: chance, order, length; and what its numbers are worth.

Each returns None where it has nothing to go by, and leaves the reason in the notes that it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracekit.evals.judgements import Judgement
from tracekit.evals.stats import agreement, calibration, ppi
from tracekit.evals.stats.agreement import Label, Ratings
from tracekit.evals.stats.flips import Flips, flips

Notes = dict[str, str]
Row = tuple[Judgement, Label | None, Label | None]
"""The first answer to a row, its label, and what the answer says."""


def cut(value: Label, threshold: float | None) -> Label:
    """A number as a verdict, where there is a threshold."""
    return value if threshold is None or isinstance(value, str) else float(value >= threshold)


def repeats(rows: Mapping[str, Sequence[Judgement]], threshold: float | None, notes: Notes) -> Flips:
    """Flips when the same question is asked again, in the same order."""
    groups: dict[tuple[str, str], list[Label]] = {}
    for name, answers in rows.items():
        for one in answers:
            if one.judge is not None:
                groups.setdefault((name, one.order), []).append(cut(one.judge, threshold))
    found = flips(list(groups.values()))
    if not found.rows:
        notes["repeat"] = "no row was asked twice; number repeats of a row with `trial`."
    return found


def orders(rows: Mapping[str, Sequence[Judgement]], threshold: float | None, notes: Notes) -> Flips:
    """Flips when the same question is asked with its parts in another order, the first trial of each."""
    answers: list[list[Label]] = []
    for all_ in rows.values():
        first: dict[str, Label] = {}
        for one in all_:
            if one.judge is not None:
                first.setdefault(one.order, cut(one.judge, threshold))
        answers.append(list(first.values()))
    found = flips(answers)
    if not found.rows:
        notes["order"] = "no row was asked in two orders; name them with `order`, or say `swapped`."
    return found


def length_bias(both: Sequence[Row], notes: Notes) -> dict[str, float | None]:
    """Whether longer answers are scored higher, and higher than humans score them."""
    found: dict[str, float | None] = {"spearman": None, "spearman_of_error": None}
    measured = [
        (one.length, label, judge)
        for one, label, judge in both
        if one.length is not None and not isinstance(label, str | None) and not isinstance(judge, str | None)
    ]
    if not any(one.length is not None for one, _, _ in both):
        notes["length_bias"] = "no row has a `length` or an `output`."
    elif len(measured) < 2:  # noqa: PLR2004 - one row has no order
        notes["length_bias"] = "it takes two rows with a length, and labels that are numbers."
    else:
        lengths = [length for length, _, _ in measured]
        for name, values in (
            ("spearman", [judge for _, _, judge in measured]),
            ("spearman_of_error", [judge - label for _, label, judge in measured]),
        ):
            found[name] = agreement.value(agreement.spearman(_ranked(values, lengths)))
            if found[name] is None:
                notes[f"length_bias.{name}"] = "the lengths, or the numbers beside them, are all the same."
    return found


def _ranked(first: Sequence[float], second: Sequence[float]) -> Ratings:
    """Two columns of numbers on one scale of codes: ranks are all that is taken of them."""
    return agreement.encode(first, second)


def calibrated(both: Sequence[Row], notes: Notes) -> dict[str, float | None]:
    """Of numbers beside verdicts: as probabilities where they are 0 to 1, and as an order whatever they are."""
    found: dict[str, float | None] = {"brier": None, "ece": None, "auc": None}
    numbers = [
        (label, judge)
        for _, label, judge in both
        if not isinstance(label, str | None) and not isinstance(judge, str | None)
    ]
    if not numbers or len(numbers) < len(both) or not all(label in {0.0, 1.0} for label, _ in numbers):
        notes["calibration"] = "it is of labels that are verdicts and answers that are numbers."
        return found
    truth, scores = [label > 0 for label, _ in numbers], [judge for _, judge in numbers]
    found["auc"] = calibration.auc(truth, scores)
    if found["auc"] is None:
        notes["auc"] = "the labels are all the same."
    if not all(0 <= score <= 1 for score in scores):
        notes["brier"] = notes["ece"] = "the answers are not 0 to 1, so they are no probabilities."
        return found
    found["brier"] = calibration.brier(truth, scores)
    found["ece"] = calibration.expected_calibration_error(truth, scores)
    return found


def corrected(firsts: Sequence[Row], notes: Notes) -> ppi.Corrected | None:
    """The mean label of all rows, where humans labelled enough of them and the judge answered the others."""
    both = [
        (label, judge)
        for _, label, judge in firsts
        if not isinstance(label, str | None) and not isinstance(judge, str | None)
    ]
    rest = [judge for _, label, judge in firsts if label is None and not isinstance(judge, str | None)]
    if len(both) < ppi.LEAST:
        notes["ppi"] = f"{len(both)} rows have a label and an answer that are numbers; it takes {ppi.LEAST}."
        return None
    if not rest:
        notes["ppi"] = "every row has a label, so there is nothing to infer; it takes rows with an answer and no label."
        return None
    return ppi.corrected_mean([label for label, _ in both], [judge for _, judge in both], rest)
