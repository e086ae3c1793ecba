"""Text against a regular expression, each match with a time limit."""

from __future__ import annotations

import re

from tracekit.evals.fields import as_text, choice, flag, number, texts, verdict
from tracekit.evals.matching import MODES, span
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score


@metric(inputs=["output", "pattern|expected"], binary=True, source="Python's re")
def regex_match(
    row: Row,
    *,
    pattern: str | None = None,
    mode: str = "search",
    ignore_case: bool = False,
    dotall: bool = False,
    multiline: bool = False,
    timeout: float = 1.0,
) -> Score:
    """Whether the output matches a pattern, or one of them where it is a list: `mode` search, match or fullmatch.

    The pattern is the option or column `pattern`, else `expected`. One that takes longer than `timeout` seconds for a
    match ends as `timeout`.
    """
    patterns = texts(row.expected if pattern is None else pattern, "expected" if pattern is None else "pattern")
    if not patterns:
        raise InvalidRowError("the list of patterns is empty.")
    how = choice(mode, "mode", MODES)
    chosen = {re.IGNORECASE: ignore_case, re.DOTALL: dotall, re.MULTILINE: multiline}
    flags = sum(int(bit) for bit, on in chosen.items() if flag(on, bit.name.lower() if bit.name else "flag"))
    seconds = number(timeout, "timeout", least=0.001, most=60)
    output = as_text(row.output, "output")
    for place, each in enumerate(patterns):
        found = span(each, output, mode=how, flags=flags, seconds=seconds)  # type: ignore[arg-type]
        if found is not None:
            return verdict(True, start=found[0], end=found[1], pattern=place)
    return verdict(False)
