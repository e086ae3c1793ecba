"""What an output quotes, against the texts that it was to stand on."""

from __future__ import annotations

import re
import unicodedata

from tracekit.evals.fields import as_text, flag, whole
from tracekit.evals.metric import metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_QUOTED = re.compile(
    r'"([^"\n]{1,2000})"|\u201c([^\u201c\u201d]{1,2000})\u201d|\u00ab([^\u00ab\u00bb]{1,2000})\u00bb|\u201e([^\u201e\u201c\u201d]{1,2000})[\u201c\u201d]'
    r"|^>[ \t]?([^\n]+(?:\n>[^\n]*)*)",
    re.MULTILINE,
)
_EDGES = " \t.,;:!?\u2026"
_SAME = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-"})


@metric(
    inputs=["output", "contexts"],
    source="quoted span alignment of Ragas; checked against one written for the tests",
)
def quoted_spans(row: Row, *, min_words: int = 1, ignore_case: bool = True) -> Score:
    """Share of what the output quotes that stands in one of the contexts.

    A quotation stands between double quotes or guillemets, or in lines after `>`. White space, kinds of apostrophes
    and dashes, and punctuation at its ends do not matter. An ellipsis parts it; each part must be there. Without a
    quotation of `min_words` words the metric does not apply.
    """
    fold, least = flag(ignore_case, "ignore_case"), whole(min_words, "min_words")
    contexts = [_plain(text, fold=fold) for text in row.contexts or ()]
    quotes = [quote for quote in quotations(as_text(row.output, "output")) if len(quote.split()) >= least]
    if not quotes:
        return failed(Status.SKIPPED, f"the output quotes nothing of {least} words or more.")
    missing = [quote for quote in quotes if not any(_stands(quote, context, fold=fold) for context in contexts)]
    return Score(
        value=1 - len(missing) / len(quotes),
        passed=not missing,
        details={"quotations": len(quotes), "missing": [quote[:200] for quote in missing]},
    )


def quotations(text: str) -> list[str]:
    """What a text quotes, in order."""
    found = ("".join(group for group in match.groups() if group) for match in _QUOTED.finditer(text))
    return [quote for quote in (re.sub(r"\n>[ \t]?", "\n", each) for each in found) if quote.strip(_EDGES)]


def _stands(quote: str, context: str, *, fold: bool) -> bool:
    at = 0
    for part in re.split(r"\[?(?:\u2026|\.\.\.)\]?", quote):
        wanted = _plain(part, fold=fold).strip(_EDGES)
        at = context.find(wanted, at)
        if at < 0:
            return False
        at += len(wanted)
    return True


def _plain(text: str, *, fold: bool) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).translate(_SAME).split())
    return text.casefold() if fold else text
