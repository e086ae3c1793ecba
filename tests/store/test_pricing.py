from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers

from tests.support.spans import BASE_NS, SECOND, call
from tracekit.errors import UsageError
from tracekit.model import Span
from tracekit.store.pricing import Pricer, price

AUTUMN_NS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * SECOND
MILLION: dict[str, Any] = {"input_tokens": 1_000_000, "output_tokens": 100_000}
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
        ("aws.bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0"),
        ("gcp.gemini", "models/gemini-2.5-flash"),
        ("gcp.vertex_ai", "publishers/google/models/gemini-2.5-flash"),
        ("gcp.vertex_ai", "gemini-2.5-flash-001"),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929"),
        ("azure.ai.openai", "gpt-35-turbo"),
        ("openrouter", "anthropic/claude-sonnet-4.5"),
        ("litellm", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (None, "vertex_ai/gemini-2.5-flash"),
        (None, "azure/gpt-4o"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc"),
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
        {"request_model": "ft:gpt-4.1-2025-04-14:acme::abc"},  # the base model's price is another
        {"request_model": "ollama/gpt-4o-mini", "provider": None},
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


@pytest.mark.parametrize(
    ("fields", "usd"),
    [
        # Prices in USD a million from the providers' pages: input, cache read, cache write, output
        (
            {"input_tokens": 1_000_000, "cache_read_tokens": 400_000, "output_tokens": 100_000},
            0.6 * 0.15 + 0.4 * 0.075 + 0.06,
        ),
        (
            {
                "provider": "anthropic", "request_model": "claude-sonnet-4-5", "input_tokens": 100_000,
                "cache_read_tokens": 50_000, "cache_write_tokens": 30_000, "output_tokens": 10_000,
            },
            0.02 * 3 + 0.05 * 0.3 + 0.03 * 3.75 + 0.01 * 15,
        ),
        (
            {
                "provider": "anthropic", "request_model": "claude-sonnet-4-5", "input_tokens": 100_000,
                "cache_write_tokens": 100_000, "usage_details": {"cache_write_1h_tokens": 60_000}, "output_tokens": 0,
            },
            0.06 * 6 + 0.04 * 3.75,
        ),
        (  # of sound: 32 in, 64 out
            {
                "request_model": "gpt-audio", "input_tokens": 100_000, "output_tokens": 50_000,
                "usage_details": {"input_audio_tokens": 80_000, "output_audio_tokens": 40_000},
            },
            0.02 * 2.5 + 0.08 * 32 + 0.01 * 10 + 0.04 * 64,
        ),
        (  # of pictures: 5 in
            {
                "request_model": "gpt-realtime", "input_tokens": 100_000, "output_tokens": 0,
                "usage_details": {"input_image_tokens": 40_000},
            },
            0.06 * 4 + 0.04 * 5,
        ),
        (MILLION | {"request_model": "gpt-5", "service_tier": "flex"}, 0.625 + 0.5),
        (MILLION | {"request_model": "gpt-5", "service_tier": "priority"}, 2.5 + 2.0),
        (MILLION | {"request_model": "gpt-5", "service_tier": "default"}, 1.25 + 1.0),
        (MILLION | {"service_tier": "batch"}, 0.075 + 0.03),
        (MILLION | {"provider": "azure", "request_model": "our-gpt-4o-mini-eu"}, 0.15 + 0.06),
    ],
)  # fmt: skip
def test_prices_are_those_computed_by_hand(fields: dict[str, Any], usd: float) -> None:
    assert priced(start_ns=AUTUMN_NS, **fields) == pytest.approx(usd, abs=1e-9)


def test_a_price_is_that_of_the_day_of_the_call() -> None:
    before, after = (
        int(datetime(2025, 6, 9, tzinfo=UTC).timestamp()),
        int(datetime(2025, 6, 11, tzinfo=UTC).timestamp()),
    )
    fields = {"request_model": "o3", "input_tokens": 1_000_000, "output_tokens": 0}
    assert priced(start_ns=before * SECOND, **fields) == pytest.approx(10)
    assert priced(start_ns=after * SECOND, **fields) == pytest.approx(2)


def test_parts_that_overlap_by_nobody_knows_how_much_have_no_price() -> None:
    details = {"input_audio_tokens": 50}
    assert priced(request_model="gpt-realtime", cache_read_tokens=60, usage_details=details) is None
    details["cache_audio_read_tokens"] = 20
    assert priced(request_model="gpt-realtime", cache_read_tokens=60, usage_details=details) is not None


def test_a_guess_by_a_deployments_name_is_named() -> None:
    source = Pricer().source(call(provider="azure", request_model="our-gpt-4o-mini-eu"))
    assert source is not None
    assert "(gpt-4o-mini, by the name of the deployment our-gpt-4o-mini-eu)" in source


@pytest.mark.parametrize(
    ("given", "flagged"), [(None, False), (2.1e-5, False), (2.11e-5, False), (2.2e-5, True), (0.0, True)]
)
def test_the_emitters_cost_is_compared(given: float | None, *, flagged: bool) -> None:
    span = call(given_cost_usd=given, usage_fault="before")
    Pricer().charge(span)
    assert span.cost_usd == pytest.approx(2.1e-5)
    assert span.given_cost_usd == given
    fault = "before; the emitter says" if flagged else "before"
    assert (span.usage_fault or "").startswith(fault)
    assert ("by genai-prices" in (span.usage_fault or "")) == flagged


def test_a_price_file_may_name_the_provider_and_parts(tmp_path: Path) -> None:
    prices = {
        "openai/gpt-4o-mini": {"input_per_million": 1, "output_per_million": 2, "input_audio_per_million": 10},
        "gpt-4o-mini": {"input_per_million": 5, "output_per_million": 5, "requests_per_thousand": 1},
    }
    pricer = Pricer(write(tmp_path / "p.json", prices))
    audio = call(usage_details={"input_audio_tokens": 60})
    assert pricer.price(audio) == pytest.approx((40 * 1 + 60 * 10 + 10 * 2) / 1e6)
    assert pricer.price(call(provider="elsewhere")) == pytest.approx(110 * 5 / 1e6 + 0.001)
