"""Where the recorded material lives: `$TRACEKIT_CORPUS`, else `../shared` beside the checkout. Counts what ran."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

ROOT = Path(os.environ.get("TRACEKIT_CORPUS") or Path(__file__).parents[3] / "shared")
RAN: Counter[str] = Counter()
"""Recordings that a test really used, by folder: printed at the end of the run."""


def files(pattern: str) -> list[Path]:
    """Recordings that match a glob below the corpus, sorted; none where there is no corpus."""
    return sorted(ROOT.glob(pattern)) if ROOT.is_dir() else []


def ran(path: Path) -> None:
    """Note that this recording was used."""
    RAN[path.relative_to(ROOT).parts[0]] += 1
