"""Semantic Kernel: the conventions of before v1.37, with content in log records that are JSON text. Pure.

Read in semantic-kernel 1.45: messages have OpenAI's form, finish reasons stand in one text under a name of its own, and
an error's type is how Python prints a class.
"""

from __future__ import annotations

import re

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.values import text
from tracekit.dialects.vocabulary import finish_reasons
from tracekit.model import RawSpan, Span

_CLASS = re.compile(r"<class '([\w.]{1,200})'>")


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, then what the kernel says otherwise."""
    otel_genai.read(raw, span)
    reasons = text(raw.attributes.get(sc.SEMANTIC_KERNEL_FINISH_REASON))
    if reasons is not None:
        span.finish_reasons = finish_reasons(reasons.split(","))
    printed = _CLASS.fullmatch(span.error_type or "")
    if printed:
        span.error_type = printed[1]
    if span.kind == "other":
        span.kind = "chain"


DIALECT = Dialect(name="semantic_kernel", read=read, scopes=("semantic_kernel",))
