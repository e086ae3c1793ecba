"""Text against text by equality, by words and by parts; and how much a text repeats itself."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from tracekit.evals.fields import as_text, best, field, flag, references, verdict, whole
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_ARTICLES = re.compile(r"\b(a|an|the)\b", re.IGNORECASE)
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_SQUAD = "Rajpurkar et al. 2016, SQuAD's evaluation script"


@metric(inputs=["output", "expected"], binary=True, source=f"{_SQUAD}; checked against one written for the tests")
def exact_match(
    row: Row,
    *,
    ignore_case: bool = True,
    ignore_punctuation: bool = True,
    ignore_articles: bool = True,
    ignore_whitespace: bool = True,
) -> Score:
    """Whether the output is the expected text but for case, ASCII punctuation, English articles and white space.

    What is not text is compared as JSON, exactly. Each of the four can be switched off; `details.identical` says
    whether it would hold without any.
    """
    rules = _rules(ignore_case, ignore_punctuation, ignore_articles, ignore_whitespace)
    if not isinstance(row.output, str):
        return verdict(as_text(row.output, "output") in references(row))
    output, answers = row.output, references(row)
    holds = normalized(output, **rules) in {normalized(answer, **rules) for answer in answers}
    return verdict(holds, identical=output in answers)


@metric(
    inputs=["output", "expected"], source=f"{_SQUAD} (2.0 where a text has no words); checked against one for the tests"
)
def token_f1(
    row: Row,
    *,
    ignore_case: bool = True,
    ignore_punctuation: bool = True,
    ignore_articles: bool = True,
) -> Score:
    """F1 of the words that output and expected text share, as multisets, normalised as for exact_match.

    Where one of the two has no words, it is 1 if the other has none either, else 0.
    """
    rules = _rules(ignore_case, ignore_punctuation, ignore_articles, True)

    def scored(output: str, answer: str) -> Score:
        mine, theirs = normalized(output, **rules).split(), normalized(answer, **rules).split()
        shared = sum((Counter(mine) & Counter(theirs)).values())
        if not mine or not theirs:
            return Score(value=float(mine == theirs), details={"precision": None, "recall": None})
        precision, recall = shared / len(mine), shared / len(theirs)
        value = 2 * precision * recall / (precision + recall) if shared else 0.0
        return Score(value=value, details={"precision": precision, "recall": recall})

    return best(row, scored)


def normalized(
    text: str, *, ignore_case: bool, ignore_punctuation: bool, ignore_articles: bool, ignore_whitespace: bool
) -> str:
    """A text as SQuAD compares it: lower case, then no punctuation, no articles, one space between words."""
    text = text.lower() if ignore_case else text
    text = text.translate(_PUNCTUATION) if ignore_punctuation else text
    text = _ARTICLES.sub(" ", text) if ignore_articles else text
    return " ".join(text.split()) if ignore_whitespace else text


@metric(inputs=["output", "expected"], binary=True, source="str.__contains__")
def contains(row: Row, *, ignore_case: bool = False) -> Score:
    """Whether the output contains the expected text, or one of them where it is a list."""
    return _found(row, any, ignore_case=ignore_case)


@metric(inputs=["output", "expected"], binary=True, source="str.__contains__")
def contains_any(row: Row, *, ignore_case: bool = False) -> Score:
    """Whether the output contains at least one of the expected texts."""
    return _found(row, any, ignore_case=ignore_case)


@metric(inputs=["output", "expected"], binary=True, source="str.__contains__")
def contains_all(row: Row, *, ignore_case: bool = False) -> Score:
    """Whether the output contains every one of the expected texts."""
    return _found(row, all, ignore_case=ignore_case)


@metric(inputs=["output", "expected"], binary=True, source="str.startswith")
def starts_with(row: Row, *, ignore_case: bool = False) -> Score:
    """Whether the output starts with the expected text, or with one of them where it is a list."""
    return _found(row, any, ignore_case=ignore_case, at_start=True)


@metric(inputs=["output", "expected"], source="Jaccard 1912; checked against scikit-learn")
def jaccard(row: Row, *, ngram: int = 0, ignore_case: bool = False) -> Score:
    """Shared words over all words of output and expected text, as sets; with `ngram=n` runs of n characters instead.

    Two texts without any are equal: 1.
    """
    ngram = whole(ngram, "ngram", least=0)
    fold = flag(ignore_case, "ignore_case")

    def parts(text: str) -> set[Hashable]:
        text = text.casefold() if fold else text
        return set(text.split()) if not ngram else {text[at : at + ngram] for at in range(len(text) - ngram + 1)}

    def scored(output: str, answer: str) -> float:
        mine, theirs = parts(output), parts(answer)
        return len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0

    return best(row, scored)


@metric(
    inputs=["output|field"],
    source="Li et al. 2016, distinct-n, over n-grams; checked against one written for the tests",
)
def distinct_n(row: Row, *, n: int = 2, field: str | None = None) -> Score:
    """Different n-grams of words over all of them: near 0 in a text that repeats itself."""
    grams = _ngrams(row, n, field)
    if not grams:
        return failed(Status.SKIPPED, f"distinct_n needs {n} words, and the text has fewer.")
    return Score(value=len(set(grams)) / len(grams), details={"distinct": len(set(grams)), "ngrams": len(grams)})


@metric(
    inputs=["output|field"],
    better="lower",
    source="Welleck et al. 2020, seq-rep-n; checked against one written for the tests",
)
def repetition_ratio(row: Row, *, n: int = 4, field: str | None = None) -> Score:
    """Share of the n-grams of words that have stood in the text before."""
    grams = _ngrams(row, n, field)
    if not grams:
        return failed(Status.SKIPPED, f"repetition_ratio needs {n} words, and the text has fewer.")
    repeated = len(grams) - len(set(grams))
    return Score(value=repeated / len(grams), details={"repeated": repeated, "ngrams": len(grams)})


def _ngrams(row: Row, n: Any, name: Any) -> Sequence[tuple[str, ...]]:
    size, where = whole(n, "n"), "output" if name is None else name
    words = as_text(field(row, where, "field"), str(where)).split()
    return list(zip(*(words[start:] for start in range(size)), strict=False))


def _found(row: Row, enough: Callable[[Sequence[bool]], bool], *, ignore_case: bool, at_start: bool = False) -> Score:
    output, wanted = as_text(row.output, "output"), references(row)
    if "" in wanted:
        raise InvalidRowError("expected is an empty text, which every text contains.")
    fold: Callable[[str], str] = str.casefold if flag(ignore_case, "ignore_case") else str
    text = fold(output)
    there = [text.startswith(fold(each)) if at_start else fold(each) in text for each in wanted]
    missing = [each for each, found in zip(wanted, there, strict=True) if not found]
    return verdict(enough(there), found=sum(there), missing=missing)


def _rules(case: Any, punctuation: Any, articles: Any, whitespace: Any) -> dict[str, bool]:
    return {
        "ignore_case": flag(case, "ignore_case"),
        "ignore_punctuation": flag(punctuation, "ignore_punctuation"),
        "ignore_articles": flag(articles, "ignore_articles"),
        "ignore_whitespace": flag(whitespace, "ignore_whitespace"),
    }
