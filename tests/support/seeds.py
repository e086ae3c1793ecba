"""A day of recorded work: what a viewer is filled with where a test does not care for more."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.support import stories, timed
from tracekit.model import Span

QUESTIONS = (
    (
        "Where is my order 8841?",
        "Your order 8841 was delivered yesterday at 14:05. The driver left it with your neighbour, Ms Aydin.",
    ),
    (
        "I want a refund for the blue jacket, it arrived torn.",
        "I have refunded €42.50 to your card. It should arrive within three working days.",
    ),
    (
        "Can you compare plan A and plan B for a team of five?",
        "Plan A is cheaper for five people; plan B pays off from the ninth seat on.",
    ),
    (
        "Resume en español mi última factura, por favor.",
        "Su factura tiene 3 conceptos: suscripción, soporte y un ajuste de 2,10 €.",
    ),
)


def day(now: int | None = None, *, traces: int = 40) -> Iterator[list[Span]]:
    """Traces of one day, newest first: a realistic mixture."""
    now = now or time.time_ns()
    yield stories.running(now - 4_000 * timed.MS)
    yield stories.hostile(now - 60_000 * timed.MS)
    yield stories.stream_cut(now - 100_000 * timed.MS)
    yield stories.long_text(now - 400_000 * timed.MS)
    for number in range(traces - 5):
        at = now - (number + 3) * 7 * 60_000 * timed.MS - number * number * 4_000 * timed.MS
        question, answer = QUESTIONS[number % len(QUESTIONS)]
        if number % 3 == 2:
            yield stories.rag(
                at,
                question="How many days of vacation do I have?",
                answer="30 days a year; what you do not take moves to the next March.",
                scale=1 + number % 5 / 2,
                model=("claude-sonnet-4-5", "gpt-4o-mini")[number % 2],
            )
        else:
            yield stories.agent(
                at,
                question=question,
                answer=answer,
                failing=number % 7 == 0,
                session=f"s-{204 + number % 4}",
                user=f"u-{17 + number % 3}",
            )
    yield stories.deep(now - 30 * 3_600_000 * timed.MS, spans=601)
