from __future__ import annotations

import pytest

from tracekit.demo import shop


def test_the_calculator_calculates() -> None:
    assert shop.calculator("(2 * 3 * 39 + 3 * 12) * 0.9") == 243.0


@pytest.mark.parametrize("expression", ["__import__('os')", "2 ** 9", "'a' * 3", "price + 1"])
def test_the_calculator_runs_nothing_else(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a sum"):
        shop.calculator(expression)


def test_the_handbook_has_a_text_for_every_title() -> None:
    book = shop.handbook()
    assert {"ferry", "theft", "one-way"} <= book.keys()
    assert all(len(text) > 150 and "\n" not in text for text in book.values())


def test_every_tool_is_defined_for_the_model() -> None:
    assert [definition["function"]["name"] for definition in shop.DEFINITIONS] == list(shop.TOOLS)
