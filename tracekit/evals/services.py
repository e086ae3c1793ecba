"""What a suite's metrics may ask for: its judge and its embedder, and how the judge is named in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracekit.evals.metric import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The services of a suite.

    Attributes:
        services: the judge and the embedder.
        judge: names the judge, and what shapes its replies; None where there is none.
    """

    services: Services | None = None
    judge: str | None = None
