from __future__ import annotations

import tracekit
from tracekit.testing import RecordedSpans


def test_the_fixture_collects_the_spans_of_one_test(tracekit_spans: RecordedSpans):
    with tracekit.span("outer"), tracekit.span("inner", kind="tool", input={"city": "Konstanz"}):
        pass
    assert [span.name for span in tracekit_spans.all()] == ["inner", "outer"]
    (inner,) = tracekit_spans.named("inner")
    assert inner.attributes["gen_ai.tool.call.arguments"] == {"city": "Konstanz"}
    assert inner.resource["service.name"]


def test_and_of_no_other(tracekit_spans: RecordedSpans):
    assert tracekit_spans.all() == []
