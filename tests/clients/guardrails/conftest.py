"""Imports guardrails, whose own dependencies warn of each other at that moment."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import guardrails  # noqa: F401 - the import is the point
