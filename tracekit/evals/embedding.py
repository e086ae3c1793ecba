"""Embedders: anything that turns texts into vectors, and what is checked of these before a number comes of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from tracekit.errors import UsageError

Vector = Sequence[float]


class EmbeddingError(ValueError):
    """What an embedder gave is no set of vectors for its texts: says what is wrong."""


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """A vector for each text, in their order, all of one length."""
        ...


class CallableEmbedder:
    """A function as an embedder, plain or `async`: it gets a list of texts and gives a vector for each.

    Args:
        function: may return lists, tuples or a NumPy array.
    """

    def __init__(self, function: Callable[[list[str]], Any]) -> None:
        self._function = function

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """See `Embedder`."""
        answer = self._function(list(texts))
        return await answer if inspect.isawaitable(answer) else answer


def embedder(given: Any) -> Embedder:
    """An embedder of what a user gives: one, or a function.

    Raises:
        UsageError: it is neither.
    """
    if hasattr(given, "embed"):
        return given
    if callable(given):
        return CallableEmbedder(given)
    raise UsageError(f"{given!r:.60} is no embedder: it has no method `embed(texts)` and is no function of texts.")


async def embedded(given: Any, texts: Sequence[str]) -> list[list[float]]:
    """The vectors of texts, checked; each different text is embedded once.

    Raises:
        EmbeddingError: too few or too many, of different lengths, without direction, or not finite.
    """
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return []
    found = [[float(number) for number in vector] for vector in await embedder(given).embed(distinct)]
    if len(found) != len(distinct):
        raise EmbeddingError(f"the embedder gave {len(found)} vectors for {len(distinct)} texts.")
    by_text = dict(zip(distinct, found, strict=True))
    for text, vector in by_text.items():
        if len(vector) != len(found[0]):
            raise EmbeddingError(f"the embedder gave vectors of {len(found[0])} and of {len(vector)} numbers.")
        if not all(map(math.isfinite, vector)) or not any(vector):
            raise EmbeddingError(f"the embedder gave no direction for {text!r:.60}: all zero, or not finite.")
    return [by_text[text] for text in texts]


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of the angle between two vectors, -1 to 1. Of vectors that `embedded` gave it always exists."""
    scales = [max(map(abs, vector)) for vector in (one, other)]
    a, b = ([number / scale for number in vector] for vector, scale in zip((one, other), scales, strict=True))
    value = math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))
    return math.copysign(1.0, value) if abs(value) > 1.0 else value  # by a rounding error only: Cauchy and Schwarz
