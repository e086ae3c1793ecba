"""The spans that Anthropic's own client makes of its requests: the conventions without content. Pure.

Read in anthropic 2.12: the input's tokens are the total with cached ones inside; why a reply ended stands in an
attribute of its own. Such a span is the child of the span of whatever instruments the client.
"""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.vocabulary import finish_reasons
from tracekit.model import RawSpan, Span


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, and why the reply ended."""
    otel_genai.read(raw, span)
    if span.finish_reasons is None:
        span.finish_reasons = finish_reasons(raw.attributes.get(sc.ANTHROPIC_STOP_REASON))


DIALECT = Dialect(name="anthropic_sdk", read=read, scopes=("com.anthropic.sdk.python",))
