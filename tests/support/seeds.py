"""A day of recorded work for tests that look at pages: agents, retrievals, failures, hostile text."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from tracekit.model import Span

MS = 1_000_000
HOSTILE = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'> "
    "![x](https://evil.example/p.png) \u202egnp.exe\u202c zero\u200bwidth "
    "\x1b[31mred\x1b[0m \U000e0068\U000e0069 javascript:alert(1) \x00\x07 {{7*7}}"
)
_numbers = count(1)


def trace_id() -> str:
    return f"{next(_numbers):032x}"


def span(trace: str, name: str, *, at: int, ms: float | None, parent: Span | None = None, **fields: Any) -> Span:
    """A span of `trace`, `at` nanoseconds; `ms` None leaves it open."""
    fields.setdefault("project", "support")
    fields.setdefault("service", "support-api")
    fields.setdefault("dialect", "otel_genai")
    fields.setdefault("scope_name", "tracekit.openai")
    fields.setdefault("resource", {"service.name": "support-api", "process.pid": 812})
    return Span(
        trace_id=trace,
        span_id=f"{next(_numbers):016x}",
        parent_span_id=parent.span_id if parent else None,
        name=name,
        start_ns=at,
        end_ns=None if ms is None else at + int(ms * MS),
        outcome=None if ms is None else fields.pop("outcome", "complete"),
        **fields,
    )


def text(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}], **more}


def llm(
    trace: str, *, at: int, ms: float | None, model: str = "gpt-4o", parent: Span | None = None, **fields: Any
) -> Span:
    """A chat call with usage and price."""
    given = {
        "kind": "llm",
        "operation": "chat",
        "provider": "openai",
        "request_model": model,
        "response_model": f"{model}-2024-08-06",
        "model": model,
        "input_tokens": 1_204,
        "output_tokens": 187,
        "cost_usd": 0.00488,
        "counted": True,
        "finish_reasons": ["stop"],
        "response_id": f"chatcmpl-{next(_numbers):08x}",
        "attributes": {
            "gen_ai.request.temperature": 0.2,
            "gen_ai.request.max_tokens": 800,
            "server.address": "api.openai.com",
            "nested": {"deep": [1, 2.5, None, True, {"k": "v"}]},
        },
        **fields,
    }
    return span(trace, f"chat {model}", at=at, ms=ms, parent=parent, **given)


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
    trace = trace_id()
    who: dict[str, Any] = {"session_id": session, "user_id": user, "tags": ["beta"]}
    root = span(
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
    first = llm(
        trace,
        at=at + 12 * MS,
        ms=1_240,
        parent=root,
        ttft_ms=412.0,
        system_instructions=SYSTEM,
        tool_definitions=TOOLS,
        input_messages=[text("user", question)],
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
                    "time_ns": at + 2_160 * MS,
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
    tool = span(
        trace,
        "execute_tool get_order",
        at=at + 1_256 * MS,
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
    second = llm(
        trace,
        at=at + 2_170 * MS,
        ms=2_125,
        parent=root,
        ttft_ms=380.0,
        system_instructions=SYSTEM,
        tool_definitions=TOOLS,
        input_messages=[
            text("user", question),
            {"role": "assistant", "parts": [call]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": result}]},
        ],
        output_messages=[text("assistant", answer, finish_reason="stop")],
        **who,
    )
    inner = span(
        trace,
        "SELECT orders",
        at=at + 1_270 * MS,
        ms=0.42,
        parent=tool,
        kind="other",
        attributes={"db.system": "postgresql"},
    )
    return [root, first, tool, second, inner]


def rag(at: int, *, question: str, answer: str, model: str = "claude-sonnet-4-5", scale: float = 1.0) -> list[Span]:
    """A retrieval chain: embed, retrieve, rerank, answer."""
    trace = trace_id()
    root = span(
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
    embed = span(
        trace,
        "embeddings text-embedding-3-small",
        at=at + 5 * MS,
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
    found = span(
        trace,
        "search handbook",
        at=at + 92 * MS,
        ms=38,
        parent=root,
        kind="retriever",
        documents=docs,
        input=question,
        project="docs",
    )
    rank = span(trace, "rerank", at=at + 132 * MS, ms=120, parent=root, kind="reranker", documents=docs, project="docs")
    last = llm(
        trace,
        at=at + 260 * MS,
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
        output_messages=[text("assistant", answer, finish_reason="end_turn")],
        output_tokens=640,
        cost_usd=0.0131,
        project="docs",
    )
    return [root, embed, found, rank, last]


def hostile(at: int, said: str = HOSTILE) -> list[Span]:
    """Every text a sender controls, hostile."""
    trace = trace_id()
    root = llm(
        trace,
        at=at,
        ms=18,
        model=said,
        input_messages=[
            *(text(role, said) for role in ("system", "user", "assistant", said)),
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
    child = span(
        trace,
        said,
        at=at + MS,
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
        llm(
            trace_id(),
            at=at,
            ms=31_000,
            ttft_ms=900,
            input_messages=[text("user", "Write it all down.")],
            output_messages=[text("assistant", answer, finish_reason="length")],
        )
    ]


def stream_cut(at: int) -> list[Span]:
    """A stream its reader left, by a model whose price nobody knows."""
    return [
        llm(
            trace_id(),
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
            input_messages=[text("user", "Tell me a very long story.")],
            output_messages=[text("assistant", "Once upon a time, in a data centre far away,", finish_reason="")],
        )
    ]


def running(at: int) -> list[Span]:
    """An agent still at work: ended children under an open root."""
    trace = trace_id()
    root = span(
        trace,
        "invoke_agent researcher",
        at=at,
        ms=None,
        kind="agent",
        operation="invoke_agent",
        input={"task": "compare three vendors"},
    )
    done = llm(
        trace,
        at=at + 3 * MS,
        ms=900,
        parent=root,
        input_messages=[text("user", "Compare three vendors of heat pumps.")],
        output_messages=[text("assistant", "Let me look at each of them.", finish_reason="stop")],
    )
    return [root, done]


def deep(at: int, *, spans: int) -> list[Span]:
    """A large trace: steps of an agent, each with a model call and a tool, some failing."""
    trace = trace_id()
    root = span(trace, "big agent run", at=at, ms=spans * 40, kind="agent", input="Do everything.")
    made = [root]
    for step in range((spans - 1) // 3):
        begin = at + step * 120 * MS
        outer = span(trace, f"step {step}", at=begin, ms=118, parent=root, kind="chain")
        call = llm(
            trace,
            at=begin + MS,
            ms=70,
            parent=outer,
            ttft_ms=20,
            input_messages=[text("user", f"step {step}")],
            output_messages=[text("assistant", "go on", finish_reason="stop")],
        )
        bad: dict[str, Any] = (
            {"status": "error", "error_type": "ValueError", "status_message": "bad input"} if step % 97 == 96 else {}
        )
        tool = span(
            trace,
            "execute_tool search",
            at=begin + 72 * MS,
            ms=40,
            parent=outer,
            kind="tool",
            tool_name="search",
            tool_arguments={"q": step},
            **bad,
        )
        made += [outer, call, tool]
    return made


QUESTIONS = (
    (
        "Where is my order 8841?",
        "Your order 8841 was delivered yesterday at 14:05. The driver left it with your neighbour, Ms Aydin.",
    ),
    (
        "I want a refund for the blue jacket, it arrived torn.",
        "I have refunded €42.50 to your card. It should arrive within three working days.",
    ),
    (
        "Can you compare plan A and plan B for a team of five?",
        "Plan A is cheaper for five people; plan B pays off from the ninth seat on.",
    ),
    (
        "Resume en español mi última factura, por favor.",
        "Su factura tiene 3 conceptos: suscripción, soporte y un ajuste de 2,10 €.",
    ),
)


def day(now: int | None = None, *, traces: int = 40) -> Iterator[list[Span]]:
    """Traces of one day, newest first: a realistic mixture."""
    now = now or time.time_ns()
    yield running(now - 4_000 * MS)
    yield hostile(now - 60_000 * MS)
    yield stream_cut(now - 100_000 * MS)
    yield long_text(now - 400_000 * MS)
    for number in range(traces - 5):
        at = now - (number + 3) * 7 * 60_000 * MS - number * number * 4_000 * MS
        question, answer = QUESTIONS[number % len(QUESTIONS)]
        if number % 3 == 2:
            yield rag(
                at,
                question="How many days of vacation do I have?",
                answer="30 days a year; what you do not take moves to the next March.",
                scale=1 + number % 5 / 2,
                model=("claude-sonnet-4-5", "gpt-4o-mini")[number % 2],
            )
        else:
            yield agent(
                at,
                question=question,
                answer=answer,
                failing=number % 7 == 0,
                session=f"s-{204 + number % 4}",
                user=f"u-{17 + number % 3}",
            )
    yield deep(now - 30 * 3_600_000 * MS, spans=601)
