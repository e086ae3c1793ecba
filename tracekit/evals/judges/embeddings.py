"""Embedders behind `{base_url}/embeddings`, as OpenAI's API and most servers of models have it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

from tracekit.evals.judges.question import UndecidedError
from tracekit.evals.judges.transport import Patience, Transport
from tracekit.evals.score import Status

BATCH = 128
"""Texts a request."""


class HttpEmbedder:
    """An embedder behind a URL.

    Args:
        model: as the server names it.
        base_url: with the version, without the path.
        key: sent as a bearer token; None sends none.
        patience: timeouts and attempts.
    """

    def __init__(self, model: str, *, base_url: str, key: str | None = None, patience: Patience | None = None) -> None:
        self.name = model
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._transport = Transport(base_url, headers=headers, patience=patience)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text, in order.

        Raises:
            UndecidedError: the server did not answer, or not with a vector for each text.
        """
        batches = [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        found = await asyncio.gather(*(self._batch(batch) for batch in batches))
        return [vector for vectors in found for vector in vectors]

    async def _batch(self, texts: Sequence[str]) -> list[list[float]]:
        answer = await self._transport.post("/embeddings", {"model": self.name, "input": texts})
        if not answer.ok:
            raise self._failed(f"answered HTTP {answer.status}: {answer.complaint}")
        data = answer.data.get("data") if isinstance(answer.data, Mapping) else None
        try:
            by_place = {int(one.get("index", place)): _vector(one["embedding"]) for place, one in enumerate(data or ())}
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise self._failed(f"answered with another shape than its API has: {error}") from error
        if sorted(by_place) != list(range(len(texts))):
            raise self._failed(f"gave vectors for the places {sorted(by_place)} of {len(texts)} texts")
        return [by_place[place] for place in range(len(texts))]

    def _failed(self, why: str) -> UndecidedError:
        return UndecidedError(Status.PROVIDER_ERROR, f"the embedder {self.name} {why}.")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._transport.aclose()


def _vector(numbers: Any) -> list[float]:
    vector = [float(number) for number in numbers]
    if not vector or not all(map(math.isfinite, vector)):
        raise ValueError("a vector is empty, or has a number that is none")
    return vector
