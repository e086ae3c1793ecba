"""Several verdicts made one: of samples of one judge, and of a panel. Pure.

Who gives no verdict keeps the seat: a majority is more than half of those who were to be asked, never of those who
answered. A score is the mean of all, and without one of them there is none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tracekit.evals.judges.forms import Form, Labels, Scale, Statements, Verdict
from tracekit.evals.judges.question import UndecidedError
from tracekit.evals.score import Status

Vote = Verdict | UndecidedError


def combine(votes: Sequence[Vote], form: Form) -> Verdict:
    """The verdict of all.

    Args:
        votes: one for every seat, verdict or failure.
        form: that the verdicts have.

    Raises:
        UndecidedError: the failure, where all failed or a score lacks one; inconclusive where no label has a strict
            majority; budget as soon as one vote is lost to it.
    """
    failures = [vote for vote in votes if isinstance(vote, UndecidedError)]
    given = [vote for vote in votes if isinstance(vote, Verdict)]
    for failure in failures:
        if failure.status is Status.BUDGET:
            raise failure
    if not given:
        raise failures[0]
    if len(votes) == 1:
        return given[0]
    if isinstance(form, (Scale, Statements)) and failures:
        told = f"{len(failures)} of {len(votes)} gave no verdict; the first: {failures[0]}"
        raise UndecidedError(failures[0].status, told)
    return _combined(given, form, len(votes))


def _combined(given: Sequence[Verdict], form: Form, seats: int) -> Verdict:
    flags = tuple(sorted({flag for verdict in given for flag in verdict.flags}))
    if isinstance(form, Statements):
        return given[0]
    if isinstance(form, Scale):
        scores = [verdict.score for verdict in given if verdict.score is not None]
        modes = {verdict.mode for verdict in given}
        return Verdict(
            rationale=given[0].rationale,
            score=math.fsum(scores) / len(scores),
            flags=flags,
            mode=modes.pop() if len(modes) == 1 else "mixed",
            details={"scores": scores},
        )
    if isinstance(form, Labels):
        return replace(_majority(given, seats, "the verdict"), flags=flags)
    items = [
        _majority([verdict.items[place] for verdict in given], seats, f"item {place + 1}")
        for place in range(form.count)
    ]
    return Verdict(items=tuple(items), flags=flags)


def _majority(given: Sequence[Verdict], seats: int, what: str) -> Verdict:
    counts = Counter(verdict.label for verdict in given)
    label, count = counts.most_common(1)[0]
    if 2 * count <= seats:
        told = ", ".join(f"{count} {label}" for label, count in sorted(counts.items(), key=str))
        silent = f", {seats - len(given)} none" if seats > len(given) else ""
        raise UndecidedError(Status.INCONCLUSIVE, f"no label has more than half of {seats} for {what}: {told}{silent}.")
    first = next(verdict for verdict in given if verdict.label == label)
    return replace(first, details={"votes": {str(label): count for label, count in sorted(counts.items(), key=str)}})
