from __future__ import annotations

from typing import Any

import pytest

from tests.support.spans import span
from tracekit.dialects.provider_usage import read_usage, settle


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {"prompt_tokens": 82, "completion_tokens": 18, "prompt_tokens_details": {"cached_tokens": 32}},
            (82, 18, 32, None),
        ),
        ({"input_tokens": 82, "output_tokens": 18, "input_tokens_details": {"cached_tokens": 32}}, (82, 18, 32, None)),
        (
            {"input_tokens": 50, "output_tokens": 18, "cache_read_input_tokens": 32, "cache_creation_input_tokens": 4},
            (86, 18, 32, 4),
        ),
        ({"inputTokens": 50, "outputTokens": 18, "totalTokens": 100, "cacheReadInputTokens": 32}, (82, 18, 32, None)),
        ({"input_tokens": 82, "output_tokens": 18, "input_token_details": {"cache_read": 32}}, (82, 18, 32, None)),
        ({"promptTokenCount": 82, "candidatesTokenCount": 10, "thoughtsTokenCount": 8}, (82, 18, None, None)),
        ({"input": 50, "output": 18, "input_cache_read": 32, "input_cache_creation": 4}, (86, 18, 32, 4)),
        ({"input": 8}, (8, None, None, None)),
        (
            {"input_tokens": 10, "total_tokens": 12, "cache_read_input_tokens": 32},
            (42, None, 32, None),
        ),  # more than all
        ('{"prompt_tokens": "82"}', (82, None, None, None)),
        ({"prompt_tokens": -1, "completion_tokens": True}, (None, None, None, None)),
        ("nothing", (None, None, None, None)),
    ],
)
def test_usage_of_any_provider_has_the_cached_inside(usage: Any, tokens: tuple[int | None, ...]) -> None:
    found = span()
    read_usage(found, usage)
    said = (found.input_tokens, found.output_tokens, found.cache_read_tokens, found.cache_write_tokens)
    assert said == tokens


def test_what_the_emitter_says_itself_is_not_added_to() -> None:
    found = span(input_tokens=82)
    read_usage(found, {"input_tokens": 50, "cache_read_input_tokens": 32})
    assert (found.input_tokens, found.cache_read_tokens) == (82, 32)


@pytest.mark.parametrize(("total", "tokens"), [(100, 82), (68, 50), (None, 50)])
def test_a_total_tells_where_the_cached_tokens_are(total: int | None, tokens: int) -> None:
    found = span(input_tokens=50, output_tokens=18, cache_read_tokens=32)
    settle(found, total=total)
    assert found.input_tokens == tokens
