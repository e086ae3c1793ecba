"""The spans that Mistral's own client makes of its requests: the conventions. Pure.

Read in mistralai 3.7: a request to an agent is one paid response, called `invoke_agent`; its outputs are children that
have no usage.
"""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.model import RawSpan, Span


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions; what was paid for is a model call, whatever the API is called."""
    otel_genai.read(raw, span)
    if span.operation == sc.INVOKE_AGENT and span.input_tokens is not None:
        span.kind = "llm"


DIALECT = Dialect(name="mistral_sdk", read=read, scopes=("mistralai_sdk_tracer", "mistralai"))
