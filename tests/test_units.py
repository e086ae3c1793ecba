"""One notation for every quantity, at its edges too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tracekit import units
from tracekit.units import UNKNOWN

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, UNKNOWN),
        (0, "0 µs"),
        (0.42, "420 µs"),
        (0.9996, "1.00 ms"),
        (4, "4.00 ms"),
        (9.996, "10 ms"),
        (312.4, "312 ms"),
        (999.6, "1.00 s"),
        (1_240, "1.24 s"),
        (9_996, "10.0 s"),
        (12_400, "12.4 s"),
        (59_960, "1 m 00 s"),
        (125_000, "2 m 05 s"),
        (3_599_600, "1 h 00 m"),
        (3_720_000, "1 h 02 m"),
        (93_600_000, "1 d 02 h"),
    ],
)
def test_durations(ms, text):
    assert units.duration(ms).text == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, UNKNOWN),
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (1_204, "1.2k"),
        (9_949, "9.9k"),
        (33_950, "34k"),
        (999_950, "1.0M"),
        (1_300_000, "1.3M"),
    ],
)
def test_counts(number, text):
    assert units.count(number).text == text


def test_a_count_keeps_its_exact_twin():
    assert units.count(1_204, "input tokens").exact == "1,204 input tokens"
    assert units.count(None, "input tokens").exact == "input tokens unknown"


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (None, UNKNOWN),
        (0, "$0"),
        (0.0000123, "$0.000012"),
        (0.0031, "$0.0031"),
        (0.00999, "$0.010"),
        (0.0424, "$0.042"),
        (0.976, "$0.976"),
        (0.9999, "$1.00"),
        (1.239, "$1.24"),
        (999.6, "$1,000"),
        (1_204.4, "$1,204"),
    ],
)
def test_money(usd, text):
    assert units.money(usd).text == text


def test_unknown_is_never_zero():
    assert not units.money(None).known
    assert units.money(0).known


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (0.4, "just now"),
        (12, "12 s ago"),
        (240, "4 m ago"),
        (3 * 3600, "3 h ago"),
        (2 * 86_400, "2 d ago"),
        (30 * 86_400, "2026-10-24"),
        (-3_600, "2026-11-23 13:00"),
    ],
)
def test_moments(age, text):
    assert units.moment(NOW - timedelta(seconds=age), NOW).text == text


def test_a_moment_is_exact_in_utc():
    here = datetime(2026, 11, 23, 14, 0, 1, 250_000, tzinfo=UTC) - timedelta(hours=3)
    assert units.moment(here, NOW).exact == "2026-11-23 11:00:01.250 UTC"


@pytest.mark.parametrize(
    ("number", "text"), [(812, "812 B"), (1_400, "1.4 kB"), (999_900, "1.0 MB"), (3_100_000, "3.1 MB")]
)
def test_sizes(number, text):
    assert units.size(number).text == text


def test_plurals():
    said = [units.plural(*given) for given in ((1, "span"), (1_204, "span"), (1, "process"), (0, "process"))]
    assert said == ["1 span", "1,204 spans", "1 process", "0 processes"]
