"""Quotations against contexts: shares by design, and what counts as a quotation."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, PLAIN, near, scored, value
from tracekit.evals.metrics.grounding import quotations
from tracekit.evals.score import Status


def test_the_share_of_true_quotations() -> None:
    chance = random.Random(1)
    for _ in range(COUNT):
        contexts = [" ".join(chance.choices(PLAIN, k=20)) for _ in range(chance.randint(1, 3))]
        quotes: list[str] = []
        true = 0
        for _ in range(chance.randint(1, 5)):
            words = chance.choice(contexts).split()
            at = chance.randrange(15)
            quote = " ".join(words[at : at + chance.randint(1, 5)])
            if chance.random() < 0.4:
                quote += " never"
            quotes.append(chance.choice(['"{}"', "“{}”", "«{}»", "„{}“", '"{}."']).format(quote.upper()))
            true += any(f" {quote} " in f" {context} " for context in contexts)
        output = "It says " + " and ".join(quotes) + "."
        assert near(value("quoted_spans", output=output, contexts=contexts), true / len(quotes)), output


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('He said "no way" and "yes".', ["no way", "yes"]),
        ("It's Ann's 'book'.", []),
        ("> a line\n> and another\n\nand > not this", ["a line\nand another"]),
        ('" "', []),
        ('an "open one', []),
    ],
)
def test_what_a_quotation_is(text: str, found: list[str]) -> None:
    assert quotations(text) == found


@pytest.mark.parametrize(
    ("output", "options", "found"),
    [
        ('"refunds … 30 days"', {}, 1),
        ('"30 days ... refunds"', {}, 0),
        ('"Refunds are\n given"', {}, None),
        ('"don\u2019t wait"', {}, 1),
        ('"REFUNDS ARE GIVEN"', {"ignore_case": False}, 0),
        ('"refunds"', {"min_words": 2}, None),
        ("nothing quoted", {}, None),
    ],
)
def test_by_example(output: str, options: dict[str, Any], found: int | None) -> None:
    contexts = ["Other.", "Refunds are given  within 30 days; don't wait."]
    score = scored("quoted_spans", options, output=output, contexts=contexts)
    assert (score.value, score.status) == (found, Status.OK if found is not None else Status.SKIPPED)


def test_a_quotation_of_two_contexts_is_of_none() -> None:
    score = scored("quoted_spans", output='"one two"', contexts=["one", "two"])
    assert (score.value, score.passed, score.details["missing"]) == (0.0, False, ["one two"])
    assert value("quoted_spans", output='"one"', contexts=[]) == 0.0
