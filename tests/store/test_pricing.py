from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers

from tests.support.spans import BASE_NS, call
from tracekit.errors import UsageError
from tracekit.model import Span
from tracekit.store.pricing import Pricer, price

WHEN = datetime.fromtimestamp(BASE_NS / 1e9, UTC)


def priced(**fields: Any) -> float | None:
    return price(call(**fields))


def test_cached_input_is_cheaper_and_inside_the_total() -> None:
    # gpt-4o-mini: 0.15 in, 0.075 cached, 0.60 out, USD a million
    found = priced(input_tokens=82, cache_read_tokens=32, output_tokens=18)
    assert found == pytest.approx((50 * 0.15 + 32 * 0.075 + 18 * 0.6) / 1e6)


def test_our_arithmetic_is_the_price_lists_own() -> None:
    """Every model on the list, with and without cache, small and beyond every tier."""
    compared = 0
    for provider in providers:
        for model in provider.models:
            for tokens in (1000, 1_500_000):
                usage = {
                    "input_tokens": tokens,
                    "output_tokens": 300,
                    "cache_read_tokens": 200,
                    "cache_write_tokens": 100,
                }
                ours = priced(provider=provider.id, request_model=model.id, **usage)
                if ours is None:
                    continue
                theirs = calc_price(
                    Usage(**usage), model.id, provider_id=provider.id, genai_request_timestamp=WHEN
                ).total_price
                assert ours == pytest.approx(float(theirs)), (provider.id, model.id)
                compared += 1
    assert compared > 2000


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("azure.ai.openai", "gpt-4o-mini-2024-07-18"),
        ("gcp.gemini", "gemini-2.5-flash"),
        ("gcp.vertex_ai", "gemini-2.5-flash"),
        ("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("mistral_ai", "mistral-large-latest"),
        ("x_ai", "grok-4"),
        ("anthropic", "claude-sonnet-4-5-20250929"),
        (None, "gpt-4o-mini"),
        ("a-proxy-nobody-knows", "gpt-4o-mini"),
    ],
)
def test_providers_are_known_by_the_conventions_names(provider: str | None, model: str) -> None:
    found = priced(provider=provider, request_model=model)
    assert found is not None
    assert found > 0


@pytest.mark.parametrize(
    "fields",
    [
        {"request_model": "model-of-nobody"},
        {"request_model": None},
        {"provider": "ollama"},
        {"input_tokens": None},
        {"output_tokens": None},
        {"cache_read_tokens": 101},
    ],
)
def test_what_is_not_known_costs_nothing_known(fields: dict[str, Any]) -> None:
    assert priced(**fields) is None


def test_an_embedding_has_no_output() -> None:
    span = call(kind="embedding", request_model="text-embedding-3-small", input_tokens=1_000_000, output_tokens=None)
    assert price(span) == pytest.approx(0.02)


def test_the_response_model_goes_before_the_request_model() -> None:
    assert priced(request_model="gpt-4o", response_model="gpt-4o-mini-2024-07-18") == priced()
    assert priced(request_model="gpt-4o-mini", response_model="a-deployment-of-ours") == priced()


def write(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_a_price_file_goes_before_the_list(tmp_path: Path) -> None:
    prices = {"gpt-4o-mini": {"input_per_million": 10, "output_per_million": 0, "cache_read_per_million": 1}}
    pricer = Pricer(write(tmp_path / "p.json", prices))
    span: Span = call(cache_read_tokens=40)
    assert pricer.price(span) == pytest.approx((60 * 10 + 40 * 1) / 1e6)
    assert pricer.source(span) == str(tmp_path / "p.json")
    assert (Pricer().source(span) or "").startswith("genai-prices ")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "JSON list"),
        ({"m": 5}, "'m' must be an object"),
        ({"m": {"input": 5}}, "'m' must be an object with some of input_per_million"),
        ({"m": {"input_per_million": -1}}, "'m' input_per_million is -1"),
        ({"m": {"input_per_million": "1"}}, "is '1'"),
    ],
)
def test_a_price_file_that_says_something_else_is_refused(tmp_path: Path, data: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Pricer(write(tmp_path / "p.json", data))


def test_a_price_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"p\.json cannot be read"):
        Pricer(tmp_path / "p.json")
