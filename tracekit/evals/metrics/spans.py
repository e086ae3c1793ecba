"""What the spans of a row's trace tell of tools, and questions to the tree of spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracekit.evals.fields import choice, verdict
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed
from tracekit.evals.spanquery import Spans


@metric(
    inputs=["spans"],
    better="lower",
    kind="spans",
    source="status of spans of kind tool; checked against one written for the tests",
)
def tool_error_rate(row: Row) -> Score:
    """Share of the tool calls of the trace that failed. Without a tool call it does not apply."""
    tools = _tools(row)
    if not tools:
        return failed(Status.SKIPPED, "tool_error_rate does not apply: the trace has no tool call.")
    broken = [str(_name(span)) for span in tools if span.get("status") == "error"]
    return Score(value=len(broken) / len(tools), details={"tool_calls": len(tools), "failed": broken})


@metric(
    inputs=["spans"],
    kind="spans",
    source="later calls of a tool that failed; checked against one written for the tests",
)
def tool_recovery(row: Row, *, by: str = "same") -> Score:
    """Share of the failed tool calls after which the same tool succeeded; with `by="any"`, any tool.

    Without a failed call it does not apply.
    """
    how = choice(by, "by", ("same", "any"))
    tools = _tools(row)
    broken = [place for place, span in enumerate(tools) if span.get("status") == "error"]
    if not broken:
        return failed(Status.SKIPPED, "tool_recovery does not apply: no tool call of the trace failed.")
    lost = [
        str(_name(tools[place]))
        for place in broken
        if not any(
            span.get("status") != "error" and (how == "any" or _name(span) == _name(tools[place]))
            for span in tools[place + 1 :]
        )
    ]
    return Score(value=1 - len(lost) / len(broken), passed=not lost, details={"failed": len(broken), "lost": lost})


@metric(
    inputs=["spans", "query"],
    binary=True,
    kind="spans",
    source="HasMatchingSpan of pydantic-evals, with counts and order; checked against SQL over the same spans",
)
def span_query(row: Row, *, query: Any = None) -> Score:
    """Whether the spans are as the option or column `query` says: that some exist, how many, in which order.

    {"exists": matcher}, {"count": matcher, "least": 1, "most": 3}, {"order": [matcher, ...]}; {"all": [...]}, {"any":
    [...]}, {"not": ...} of these. A matcher: {"kind": "tool", "name": "search", "attributes": {"k": 3}, "parent":
    {...}}.
    """
    if row.spans is None or query is None:
        raise InvalidRowError("there is no query.")
    answer = Spans(row.spans).ask(query)
    return verdict(answer.holds, None if answer.holds else "; ".join(answer.why) + ".", found=list(answer.why))


def _tools(row: Row) -> Sequence[Mapping[str, Any]]:
    return [span for span in row.spans or () if span.get("kind") == "tool" and span.get("twin_of") is None]


def _name(span: Mapping[str, Any]) -> Any:
    return span.get("tool_name") or span.get("name")
