"""Whole traces of one program each: an agent, a question looked up, a stream left early, hostile text, a large one."""

from __future__ import annotations

from typing import Any

from tests.support import timed
from tests.support.hostile import MIXTURE
from tests.support.spans import message
from tracekit.model import Span

TOOLS = [
    {
        "type": "function",
        "name": "get_order",
        "description": "Look an order up by its number.",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
    },
    {
        "type": "function",
        "name": "refund",
        "description": "Refund an order.",
        "parameters": {"type": "object", "properties": {}},
    },
]
SYSTEM = [
    {"type": "text", "content": "You are the support agent of a shop. Be brief. Never promise what you cannot do."}
]


def agent(
    at: int, *, question: str, answer: str, failing: bool = False, session: str = "s-204", user: str = "u-17"
) -> list[Span]:
    """An agent that asks a model, calls a tool (which may fail), asks again, and answers."""
    trace = timed.trace_id()
    who: dict[str, Any] = {"session_id": session, "user_id": user, "tags": ["beta"]}
    root = timed.span(
        trace,
        "invoke_agent support",
        at=at,
        ms=4_310,
        kind="agent",
        operation="invoke_agent",
        input={"question": question},
        output=answer,
        status="unset",
        **who,
    )
    call = {
        "type": "tool_call",
        "id": "call_1",
        "name": "get_order",
        "arguments": {"order_id": "8841", "expand": ["items", "payments"]},
    }
    first = timed.llm(
        trace,
        at=at + 12 * timed.MS,
        ms=1_240,
        parent=root,
        ttft_ms=412.0,
        system_instructions=SYSTEM,
        tool_definitions=TOOLS,
        input_messages=[message("user", question)],
        finish_reasons=["tool_calls"],
        cache_read_tokens=1_024,
        reasoning_tokens=64,
        output_messages=[
            {
                "role": "assistant",
                "parts": [
                    {
                        "type": "reasoning",
                        "content": "The customer asks about an order. I should look it up before I answer.",
                    },
                    call,
                ],
                "finish_reason": "tool_calls",
            }
        ],
        **who,
    )
    stack = (
        'Traceback (most recent call last):\n  File "shop/orders.py", line 88, in get_order\n'
        "    row = db.fetch(order_id)\nTimeoutError: order service did not answer in 900 ms"
    )
    failed: dict[str, Any] = (
        {
            "status": "error",
            "error_type": "TimeoutError",
            "status_message": "order service did not answer in 900 ms",
            "events": [
                {
                    "name": "exception",
                    "time_ns": at + 2_160 * timed.MS,
                    "attributes": {
                        "exception.type": "TimeoutError",
                        "exception.message": "order service did not answer in 900 ms",
                        "exception.stacktrace": stack,
                    },
                }
            ],
        }
        if failing
        else {"tool_result": {"order_id": "8841", "status": "delivered", "total": 42.5, "currency": "EUR"}}
    )
    tool = timed.span(
        trace,
        "execute_tool get_order",
        at=at + 1_256 * timed.MS,
        ms=904,
        parent=root,
        kind="tool",
        operation="execute_tool",
        tool_name="get_order",
        tool_call_id="call_1",
        tool_arguments={"order_id": "8841", "expand": ["items", "payments"]},
        **failed,
        **who,
    )
    result = {"error": "timeout"} if failing else failed["tool_result"]
    second = timed.llm(
        trace,
        at=at + 2_170 * timed.MS,
        ms=2_125,
        parent=root,
        ttft_ms=380.0,
        system_instructions=SYSTEM,
        tool_definitions=TOOLS,
        input_messages=[
            message("user", question),
            {"role": "assistant", "parts": [call]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": result}]},
        ],
        output_messages=[message("assistant", answer, finish_reason="stop")],
        **who,
    )
    inner = timed.span(
        trace,
        "SELECT orders",
        at=at + 1_270 * timed.MS,
        ms=0.42,
        parent=tool,
        kind="other",
        attributes={"db.system": "postgresql"},
    )
    return [root, first, tool, second, inner]


def rag(at: int, *, question: str, answer: str, model: str = "claude-sonnet-4-5", scale: float = 1.0) -> list[Span]:
    """A retrieval chain: embed, retrieve, rerank, answer."""
    trace = timed.trace_id()
    root = timed.span(
        trace,
        "answer_question",
        at=at,
        ms=2_900 * scale,
        kind="chain",
        input=question,
        output=answer,
        session_id="s-311",
        user_id="u-4",
        project="docs",
    )
    docs = [
        {"id": "handbook.md#vacation", "score": 0.912, "content": "Every employee has 30 days of vacation a year."},
        {
            "id": "handbook.md#sick-leave",
            "score": 0.641,
            "content": "Call your lead in the morning. From the fourth day on, a note is needed.",
        },
    ]
    embed = timed.span(
        trace,
        "embeddings text-embedding-3-small",
        at=at + 5 * timed.MS,
        ms=84,
        parent=root,
        kind="embedding",
        operation="embeddings",
        provider="openai",
        request_model="text-embedding-3-small",
        model="text-embedding-3-small",
        input_tokens=9,
        cost_usd=0.00000018,
        counted=True,
        input=[question],
        project="docs",
    )
    found = timed.span(
        trace,
        "search handbook",
        at=at + 92 * timed.MS,
        ms=38,
        parent=root,
        kind="retriever",
        documents=docs,
        input=question,
        project="docs",
    )
    rank = timed.span(
        trace, "rerank", at=at + 132 * timed.MS, ms=120, parent=root, kind="reranker", documents=docs, project="docs"
    )
    last = timed.llm(
        trace,
        at=at + 260 * timed.MS,
        ms=2_600 * scale,
        model=model,
        parent=root,
        provider="anthropic",
        ttft_ms=640 * scale,
        input_messages=[
            {
                "role": "user",
                "parts": [
                    {"type": "text", "content": question},
                    {
                        "type": "uri",
                        "modality": "image",
                        "uri": "https://intranet.example/plan.png",
                        "mime_type": "image/png",
                    },
                    {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0KGgo" * 900},
                ],
            }
        ],
        output_messages=[message("assistant", answer, finish_reason="end_turn")],
        output_tokens=640,
        cost_usd=0.0131,
        project="docs",
    )
    return [root, embed, found, rank, last]


def hostile(at: int, said: str = MIXTURE) -> list[Span]:
    """Every text a sender controls, hostile."""
    trace = timed.trace_id()
    root = timed.llm(
        trace,
        at=at,
        ms=18,
        model=said,
        input_messages=[
            *(message(role, said) for role in ("system", "user", "assistant", said)),
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": said, "response": {said: said}}]},
        ],
        system_instructions=[{"type": "text", "content": said}],
        output_messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "tool_call", "id": said, "name": said, "arguments": {said: said}},
                    {"type": "reasoning", "content": said},
                    {"type": "uri", "uri": "javascript:window.pwned=1", "modality": said},
                    {"type": "text", "content": said},
                    {"type": said},
                ],
                "finish_reason": said,
            }
        ],
        status="error",
        status_message=said,
        error_type=said,
        session_id=said,
        user_id=said,
        tags=[said],
        project=said,
        tool_definitions=[{"name": said, "description": said, "parameters": {said: said}}],
        response_id=said,
        attributes={said: said, "list": [said, {"x": said}]},
        resource={said: said},
        scope_name=said,
        events=[
            {"name": said, "time_ns": at, "attributes": {said: said}},
            {
                "name": "exception",
                "time_ns": at,
                "attributes": {"exception.type": said, "exception.message": said, "exception.stacktrace": said},
            },
        ],
        links=[{"trace_id": said, "span_id": "../../x"}],
        documents=[{"id": said, "score": 0.5, "content": said}],
        input=said,
        output=said,
    )
    root.name = said
    root.request_model = root.response_model = root.provider = said
    child = timed.span(
        trace,
        said,
        at=at + timed.MS,
        ms=4,
        parent=root,
        kind="tool",
        tool_name=said,
        tool_arguments=said,
        tool_result=said,
        project=said,
        service=said,
        status="error",
        error_type=said,
        status_message=said,
        session_id=said,
        user_id=said,
    )
    return [root, child]


def long_text(at: int) -> list[Span]:
    """An answer of a hundred thousand characters."""
    answer = "\n".join(
        f"Paragraph {number}: " + "the quick brown fox jumps over the lazy dog. " * 4 for number in range(540)
    )
    return [
        timed.llm(
            timed.trace_id(),
            at=at,
            ms=31_000,
            ttft_ms=900,
            input_messages=[message("user", "Write it all down.")],
            output_messages=[message("assistant", answer, finish_reason="length")],
        )
    ]


def stream_cut(at: int) -> list[Span]:
    """A stream its reader left, by a model whose price nobody knows."""
    return [
        timed.llm(
            timed.trace_id(),
            at=at,
            ms=740,
            model="llama-3.3-70b-local",
            provider="vllm",
            response_model=None,
            cost_usd=None,
            outcome="abandoned",
            ttft_ms=120,
            input_tokens=None,
            output_tokens=None,
            input_messages=[message("user", "Tell me a very long story.")],
            output_messages=[message("assistant", "Once upon a time, in a data centre far away,", finish_reason="")],
        )
    ]


def running(at: int) -> list[Span]:
    """An agent still at work: ended children under an open root."""
    trace = timed.trace_id()
    root = timed.span(
        trace,
        "invoke_agent researcher",
        at=at,
        ms=None,
        kind="agent",
        operation="invoke_agent",
        input={"task": "compare three vendors"},
    )
    done = timed.llm(
        trace,
        at=at + 3 * timed.MS,
        ms=900,
        parent=root,
        input_messages=[message("user", "Compare three vendors of heat pumps.")],
        output_messages=[message("assistant", "Let me look at each of them.", finish_reason="stop")],
    )
    return [root, done]


def deep(at: int, *, spans: int) -> list[Span]:
    """A large trace: steps of an agent, each with a model call and a tool, some failing."""
    trace = timed.trace_id()
    root = timed.span(trace, "big agent run", at=at, ms=spans * 40, kind="agent", input="Do everything.")
    made = [root]
    for step in range((spans - 1) // 3):
        begin = at + step * 120 * timed.MS
        outer = timed.span(trace, f"step {step}", at=begin, ms=118, parent=root, kind="chain")
        call = timed.llm(
            trace,
            at=begin + timed.MS,
            ms=70,
            parent=outer,
            ttft_ms=20,
            input_messages=[message("user", f"step {step}")],
            output_messages=[message("assistant", "go on", finish_reason="stop")],
        )
        bad: dict[str, Any] = (
            {"status": "error", "error_type": "ValueError", "status_message": "bad input"} if step % 97 == 96 else {}
        )
        tool = timed.span(
            trace,
            "execute_tool search",
            at=begin + 72 * timed.MS,
            ms=40,
            parent=outer,
            kind="tool",
            tool_name="search",
            tool_arguments={"q": step},
            **bad,
        )
        made += [outer, call, tool]
    return made
