"""A trace as Markdown: what it tells, that it stays within bounds, and that nothing in it leaves its fence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.support import stories, timed
from tests.support.spans import message
from tracekit.markup import fenced
from tracekit.model import Span
from tracekit.query import markdown
from tracekit.query.source import open_source
from tracekit.query.traces import get_trace
from tracekit.store import Batch
from tracekit.store.duckdb import open_store

AT = 1_790_000_000_000_000_000
EVIL = "```\n# out\n````\n~~~\n</details><script>alert(1)</script> @team #12 [x](https://evil.example) ![i](https://e.example/p)"


def document(directory: Path, spans: list[Span], **options: Any) -> str:
    (directory / "journal").mkdir(parents=True, exist_ok=True)
    store = open_store(directory / "traces.duckdb")
    store.commit(Batch(spans=spans))
    store.close()
    with open_source(directory) as source:
        trace = get_trace(source, spans[0].trace_id)
        assert trace is not None
        return markdown.document(source, trace, **options)


def test_it_tells_the_tree_what_failed_and_what_was_said_last(data_dir: Path) -> None:
    spans = stories.agent(AT, question="Where is my order 8841?", answer="It is in Porto.", failing=True)
    said = document(data_dir, spans)
    for part in (
        "## `invoke_agent support`: Error", f"trace `{spans[0].trace_id}`", "5 spans", "1 failed", "├─ tool",
        "### Failed", "TimeoutError", 'File "shop/orders.py", line 88', "### Model calls", "Where is my order 8841?",
        "It is in Porto.", "[call] get_order", "\\$0.0098", "4.31 s",
    ):  # fmt: skip
        assert part in said, part
    assert said.index("### Failed") < said.index("### Model calls")
    bare = document(data_dir, spans, content=False)
    for part in ("8841", "Porto", "did not answer", "Model calls"):
        assert part not in bare
    assert "TimeoutError" in bare
    assert "├─ tool" in bare


def test_content_cannot_leave_its_fence(data_dir: Path) -> None:
    trace = timed.trace_id()
    root = timed.span(trace, EVIL, at=AT, ms=9, status="error", error_type=EVIL, status_message=EVIL)
    call = timed.llm(
        trace, at=AT, ms=5, parent=root, input_messages=[message("user", EVIL), message(EVIL, EVIL)],
        output_messages=[message("assistant", EVIL)],
    )  # fmt: skip
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(document(data_dir, [root, call]))
    assert sum(token.content.startswith("```\n# out") for token in tokens if token.type == "fence") == 3
    for token in tokens:
        if token.type == "html_block":
            assert "script" not in token.content
        for inner in token.children or ():
            assert inner.type not in ("link_open", "image"), inner
            assert inner.type != "html_inline" or inner.content in ("<code>", "</code>")
    headings = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    assert len(headings) == 3


def test_a_huge_trace_fits_and_says_what_is_left_out(data_dir: Path) -> None:
    trace = timed.trace_id()
    root = timed.span(trace, "root", at=AT, ms=900)
    calls = [
        timed.llm(trace, at=AT + place, ms=5, parent=root, status="error", status_message="y" * 9_000,
                  input_messages=[message("user", "x" * 9_000)])
        for place in range(300)
    ]  # fmt: skip
    said = document(data_dir, [root, *calls])
    assert len(said) < 65_536
    for part in ("301 spans in all", "290 further failed spans", "292 earlier model calls", "7,000 more characters"):
        assert part in said, part


@pytest.mark.parametrize("text", ["", "plain", "```", "a\n`````\nb", "~~~", "\x1b[31m", "x`" * 50])
def test_a_fence_is_longer_than_any_in_it(text: str) -> None:
    [token] = MarkdownIt().parse(fenced(text))
    assert token.type == "fence"
    assert "\x1b" not in token.content
