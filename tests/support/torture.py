"""How hard the torture tests go: a few rounds in the suite, all of them with `make torture`."""

from __future__ import annotations

from tracekit.config import environment

LONG = bool(environment("TRACEKIT_TORTURE"))


def rounds(few: int, *, all_of_them: int) -> int:
    """How many rounds of something are run now."""
    return all_of_them if LONG else few
