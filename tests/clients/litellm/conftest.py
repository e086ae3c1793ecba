"""Imports LiteLLM, which warns of itself at that moment, without asking for prices over the network."""

from __future__ import annotations

import os
import warnings

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import litellm  # noqa: F401 - the import is the point
