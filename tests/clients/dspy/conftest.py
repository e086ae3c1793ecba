"""Imports LiteLLM, beneath DSPy, which warns of itself at that moment, without asking for prices over the network."""

from __future__ import annotations

import os
import warnings

import pytest

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import litellm  # noqa: F401 - the import is the point


def pytest_configure(config: pytest.Config) -> None:
    """DSPy leaves an event loop to the end of the process, where no mark of a test reaches."""
    config.addinivalue_line("filterwarnings", "ignore::pytest.PytestUnraisableExceptionWarning")
