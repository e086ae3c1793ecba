"""A user's own prices: a JSON file by model name, checked when it is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from genai_prices.types import ModelPrice

from tracekit.errors import UsageError
from tracekit.store.rates import Rates, rates

KEYS = {
    "input_per_million": "input_mtok",
    "output_per_million": "output_mtok",
    "cache_read_per_million": "cache_read_mtok",
    "cache_write_per_million": "cache_write_mtok",
    "cache_write_1h_per_million": "cache_write_1h_mtok",
    "reasoning_per_million": "output_reasoning_mtok",
    "input_audio_per_million": "input_audio_mtok",
    "output_audio_per_million": "output_audio_mtok",
    "cache_audio_read_per_million": "cache_audio_read_mtok",
    "input_image_per_million": "input_image_mtok",
    "output_image_per_million": "output_image_mtok",
    "requests_per_thousand": "requests_kcount",
}
"""The file's names of prices, and genai-prices' names for them."""


def read(file: Path) -> Mapping[str, Rates]:
    """The prices in a file, by model name or `provider/model`.

    Raises:
        UsageError: it cannot be read, or says something else.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the price file {file} cannot be read as JSON: {error}. Mend it, or unset TRACEKIT_PRICES."
        ) from error
    if not isinstance(data, dict):
        raise UsageError(
            f"the price file {file} holds a JSON {type(data).__name__}; it must be an object by model name."
        )
    return {model: _rates(file, model, prices) for model, prices in data.items()}


def _rates(file: Path, model: str, prices: Any) -> Rates:
    if not isinstance(prices, dict) or not prices.keys() <= KEYS.keys():
        raise UsageError(f"the price file {file}: {model!r} must be an object with some of {', '.join(KEYS)}.")
    found: dict[str, Decimal] = {}
    for key, price in prices.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or not math.isfinite(price) or price < 0:
            raise UsageError(f"the price file {file}: {model!r} {key} is {price!r}; it must be a number of USD from 0.")
        found[KEYS[key]] = Decimal(str(price))
    return rates(ModelPrice(**found))
