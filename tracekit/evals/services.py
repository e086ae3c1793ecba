"""What a suite's metrics may ask for: its judge and its embedder, and how the judge is named in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracekit.evals.metric import Services
from tracekit.evals.suite import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The services of a suite.

    Attributes:
        services: the judge and the embedder.
        judge: names the judge, and what shapes its replies; None where there is none.
    """

    services: Services | None = None
    judge: str | None = None


def of(suite: Suite) -> Chosen:
    """The services that a suite names, else those that are configured."""
    return Chosen()
