from __future__ import annotations

import pytest

from tracekit.demo import tokens


@pytest.mark.parametrize(
    "text", ["", "one", "  two  spaces ", "Überlingen, 38 km: €3.20\n\n- a list", "…—“”", "a" * 40, "tab\tnewline\n"]
)
def test_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(tokens.pieces(text)) == text


def test_long_words_are_several_tokens() -> None:
    assert tokens.count("bicycles") == 1
    assert tokens.count("velocipedes") == 2
