"""What is said of vectors: never the numbers of one that is not short, in whatever form it comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pgvector import Vector

from tracekit_integrations import _retrieval as retrieval


@pytest.mark.parametrize(
    ("value", "length", "shown"),
    [
        ([0.5] * 9, 9, "[9 dimensions]"),
        ([1] * 9, 9, [1] * 9),
        ((0.5, 1), 2, [0.5, 1]),
        ([[0.5] * 9, [0.5]], 9, ["[9 dimensions]", [0.5]]),
        (np.zeros(9), 9, "[9 dimensions]"),
        (np.zeros((2, 9)), 9, ["[9 dimensions]"] * 2),
        (np.ones(2), 2, [1.0, 1.0]),
        ([np.float32(1)] * 9, 9, "[9 dimensions]"),
        ([np.float32(1)] * 2, 2, [1.0, 1.0]),
        (Vector([1] * 9), 9, "[9 dimensions]"),
        (Vector([1, 2]), 2, [1.0, 2.0]),
        ("words", None, "words"),
        (["words"], None, ["words"]),
        ([], None, []),
        (None, None, None),
        ({"tags": [1] * 9, "vector": [0.5] * 9}, None, {"tags": [1] * 9, "vector": "[9 dimensions]"}),
    ],
)
def test_vectors(value: Any, length: int | None, shown: Any) -> None:
    assert retrieval.dimensions(value) == length
    assert retrieval.shown(value) == shown


def test_what_is_asked_for_is_a_vector_also_in_whole_numbers() -> None:
    made = retrieval.invocation("store", "docs", query=[1] * 9)
    assert list(made.content.values()) == ["[9 dimensions]"]
