"""Emitters and versions that are not recorded: what their spans must mean."""

from __future__ import annotations

import copy

import pytest

from tests.support import golden
from tracekit.dialects import canonical
from tracekit.dialects.values import decoded

CASES = golden.cases()


@pytest.mark.parametrize("case", CASES)
def test_a_span_means_what_its_emitter_means(case: str) -> None:
    raw, expected = CASES[case]
    sent = copy.deepcopy(raw)
    span = canonical(raw)
    assert {name: getattr(span, name) for name in expected} == expected
    assert span.attributes == sent.attributes
    assert (raw.events, raw.logs) == (sent.events, sent.logs)


@pytest.mark.parametrize("case", CASES)
def test_what_is_noted_as_said_by_an_attribute_is_just_that(case: str) -> None:
    span = canonical(CASES[case][0])
    for field, name in span.promoted.items():
        assert getattr(span, field) == decoded(span.attributes[name])
