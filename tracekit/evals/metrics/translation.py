"""Metrics of machine translation: BLEU, chrF and TER by sacrebleu, GLEU by its own definition. Ratios, not percent."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

from tracekit.evals.fields import as_text, best, choice, flag, limited, references, whole
from tracekit.evals.metric import metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

TOKENIZERS = ("13a", "intl", "char", "zh", "none")
"""Those of sacrebleu that need no model: others would fetch one."""
_SMOOTHINGS = ("exp", "floor", "add-k", "none")
_TER_PAIRS = 250_000
_ROUNDING = 1e-9


@metric(
    inputs=["output", "expected"],
    source="Papineni et al. 2002, of one sentence, as Post 2018 reports it; sacrebleu, checked against nltk",
)
def bleu(row: Row, *, tokenize: str = "13a", smooth: str = "exp", lowercase: bool = False) -> Score:
    """BLEU of the output against all expected texts at once: up to 4-grams, effective order, a ratio (36.9 is 0.369).

    An empty output or reference is 0. `details` has what the BLEU of a whole corpus is summed from.
    """
    scorer = _bleu(
        choice(tokenize, "tokenize", TOKENIZERS), choice(smooth, "smooth", _SMOOTHINGS), flag(lowercase, "lowercase")
    )
    found = scorer.sentence_score(as_text(row.output, "output"), references(row))
    details = {
        "precisions": [each / 100 for each in found.precisions],
        "brevity_penalty": found.bp,
        "counts": list(found.counts),
        "totals": list(found.totals),
        "output_length": found.sys_len,
        "reference_length": found.ref_len,
    }
    return Score(value=_ratio(found.score), details=details)


@metric(inputs=["output", "expected"], source="Popović 2015; sacrebleu, checked against one written for the tests")
def chrf(row: Row, *, char_order: int = 6, beta: int = 2, lowercase: bool = False) -> Score:
    """chrF2 of the best expected text: F-score of runs of up to 6 characters but white space, recall weighing twice."""
    return _chrf_score(row, char_order=char_order, word_order=0, beta=beta, lowercase=lowercase)


@metric(inputs=["output", "expected"], source="Popović 2017; sacrebleu, checked against one written for the tests")
def chrf_plus_plus(
    row: Row, *, char_order: int = 6, word_order: int = 2, beta: int = 2, lowercase: bool = False
) -> Score:
    """chrF++ of the best expected text: chrF with single words and pairs of words beside the characters."""
    return _chrf_score(row, char_order=char_order, word_order=word_order, beta=beta, lowercase=lowercase)


@metric(
    inputs=["output", "expected"],
    high=None,
    better="lower",
    source="Snover et al. 2006; sacrebleu, checked against worked examples",
)
def ter(row: Row, *, case_sensitive: bool = False, no_punct: bool = False, normalized: bool = False) -> Score:
    """Translation edit rate: the fewest edits and shifts of words to an expected text, over the mean length of these.

    It may exceed 1. Any output against an empty reference is 1. More than 250,000 pairs of words are refused.
    """
    output, answers = as_text(row.output, "output"), references(row)
    words = len(output.split())
    limited(max(words * len(answer.split()) for answer in answers), _TER_PAIRS, "output and expected")
    scorer = _ter(flag(case_sensitive, "case_sensitive"), flag(no_punct, "no_punct"), flag(normalized, "normalized"))
    found = scorer.sentence_score(output, answers)
    return Score(value=found.score / 100, details={"edits": found.num_edits, "reference_length": found.ref_length})


@metric(inputs=["output", "expected"], source="Wu et al. 2016, section 4.3; checked against nltk")
def gleu(row: Row, *, tokenize: str = "whitespace", max_n: int = 4) -> Score:
    """Google's GLEU of the best expected text: the lesser of precision and recall over all 1- to 4-grams.

    Words are what white space parts, as nltk is given them mostly; `tokenize="13a"` splits as BLEU does. Without any
    n-gram on either side nothing is shared: 0.
    """
    split = _splitter(choice(tokenize, "tokenize", ("whitespace", "13a")))
    most = whole(max_n, "max_n")

    def scored(output: str, answer: str) -> Score:
        mine, theirs = _grams(split(output), most), _grams(split(answer), most)
        shared, greater = (mine & theirs).total(), max(mine.total(), theirs.total())
        return Score(value=shared / greater if greater else 0.0, details={"matches": shared, "ngrams": greater})

    return best(row, scored)


def _chrf_score(row: Row, *, char_order: Any, word_order: Any, beta: Any, lowercase: Any) -> Score:
    scorer = _chrf(
        whole(char_order, "char_order"),
        whole(word_order, "word_order", least=0),
        whole(beta, "beta"),
        flag(lowercase, "lowercase"),
    )
    return Score(value=_ratio(scorer.sentence_score(as_text(row.output, "output"), references(row)).score))


def _ratio(percent: float) -> float:
    """A ratio; the mean of whole marks may come out a rounding error above 1."""
    value = percent / 100
    return 1.0 if 1.0 < value < 1.0 + _ROUNDING else value


def _grams(words: list[str], most: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + n]) for n in range(1, most + 1) for at in range(len(words) - n + 1))


@lru_cache
def _splitter(name: str) -> Any:
    if name == "whitespace":
        return str.split
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a  # noqa: PLC0415 - heavy

    tokenizer = Tokenizer13a()

    def split(text: str) -> list[str]:
        return tokenizer(text).split()

    return split


@lru_cache
def _bleu(tokenize: str, smooth: str, lowercase: bool) -> Any:  # noqa: FBT001 - the cache's key
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415 - heavy

    return BLEU(tokenize=tokenize, smooth_method=smooth, lowercase=lowercase, effective_order=True)


@lru_cache
def _chrf(char_order: int, word_order: int, beta: int, lowercase: bool) -> Any:  # noqa: FBT001
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415 - heavy

    return CHRF(char_order=char_order, word_order=word_order, beta=beta, lowercase=lowercase)


@lru_cache
def _ter(case_sensitive: bool, no_punct: bool, normalized: bool) -> Any:  # noqa: FBT001
    from sacrebleu.metrics.ter import TER  # noqa: PLC0415 - heavy

    return TER(case_sensitive=case_sensitive, no_punct=no_punct, normalized=normalized)
