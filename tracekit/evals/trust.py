"""Whether a suite's judge agrees with humans well enough to decide; one that does not is heard, and gates nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tracekit.errors import tell
from tracekit.evals.suite import Suite

MIN_COVERAGE = 0.95
"""The share of labelled rows that the judge must have answered; agreement on the rest alone may flatter."""


def trusted(suite: Suite) -> Suite:
    """The suite, its judged metrics without a say where the judge falls short of `min_kappa`; says so on stderr.

    Raises:
        UsageError: the file of labels cannot be read.
    """
    judged = [one.label for one in suite.asked if one.metric.kind == "judge" and one.gated]
    if suite.judge_labels is None or suite.min_kappa is None or not judged:
        return suite
    doubt = _doubt(suite.judge_labels, suite.min_kappa)
    if doubt is None:
        return suite
    tell(f"{suite.name}: {doubt} {', '.join(judged)} {'does' if len(judged) == 1 else 'do'} not gate.")
    told = tuple(
        replace(one, gated=False, notes=(*one.notes, doubt)) if one.label in judged else one for one in suite.asked
    )
    return replace(suite, asked=told, judge_labels=None, min_kappa=None)


def _doubt(labels: Path, least: float) -> str | None:
    """Why the judge is not trusted; None where it agrees with the labels well enough."""
    from tracekit.evals import judgements  # noqa: PLC0415 - loads scipy, which few suites need this early
    from tracekit.evals.validity import validate  # noqa: PLC0415 - as above

    found = validate(judgements.read(labels))
    kappa = found.statistics["kappa"]
    if kappa is None or found.coverage < MIN_COVERAGE:
        why = found.notes.get("kappa") or f"it answered only {found.coverage:.1%} of the labelled rows."
        return f"whether the judge's kappa on {labels.name} is at least {least:g} cannot be decided: {why}"
    if kappa < least:
        return f"the judge's kappa on {labels.name} is {kappa:.2f}, below {least:g}."
    return None
