"""Requests of the Model Context Protocol at both ends: in one process, to another over pipes, and over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CreateMessageResult, TextContent

import tracekit
from tests.clients.mcp.shop import shop
from tests.support.patched import Spans
from tests.support.recorded import journaled
from tests.support.trees import one, tree
from tracekit import semconv

try:
    from mcp.client._memory import InMemoryTransport

    IS_NEW = True
except ImportError:
    from mcp.shared.memory import create_client_server_memory_streams

    IS_NEW = False

pytestmark = pytest.mark.filterwarnings(
    "ignore:The sampling capability", "ignore:.*streamablehttp_client", "ignore:Field 'lifespan'"
)
HERE = Path(__file__).parent


async def sampled(*_: Any) -> CreateMessageResult:
    """The client's model."""
    with tracekit.span("model"):
        return CreateMessageResult(role="assistant", content=TextContent(type="text", text="Me."), model="m")


@asynccontextmanager
async def in_memory(server: Any) -> AsyncIterator[ClientSession]:
    """A client of a server in this process."""
    import anyio

    if IS_NEW:
        async with InMemoryTransport(server) as (read, write), _session(read, write) as session:
            yield session
        return
    low = server._mcp_server
    async with create_client_server_memory_streams() as (mine, its), anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: low.run(*its, low.create_initialization_options()))
        async with _session(*mine) as session:
            yield session
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def over_pipes(directory: Path) -> AsyncIterator[ClientSession]:
    """A client of a server in a process of its own."""
    env = {**os.environ, "TRACEKIT_DIR": str(directory), "PYTHONPATH": str(HERE.parent.parent.parent)}
    server = StdioServerParameters(command=sys.executable, args=[str(HERE / "shop.py")], env=env)
    async with stdio_client(server) as (read, write), _session(read, write) as session:
        yield session


@asynccontextmanager
async def over_http(directory: Path) -> AsyncIterator[ClientSession]:
    """The same over streamable HTTP."""
    server, port = _serving(directory)
    try:
        from mcp.client import streamable_http

        connect = getattr(streamable_http, "streamable_http_client", None) or streamable_http.streamablehttp_client
        async with connect(f"http://127.0.0.1:{port}/mcp") as streams, _session(*streams[:2]) as session:
            yield session
    finally:
        server.terminate()
        server.wait(10)


def _serving(directory: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The server and its port. It inherits the socket, which listens already: nobody else gets the port meanwhile."""
    env = {**os.environ, "TRACEKIT_DIR": str(directory), "PYTHONPATH": str(HERE.parent.parent.parent)}
    with socket.create_server(("127.0.0.1", 0)) as held:
        command = [sys.executable, str(HERE / "shop.py"), "http", str(held.fileno())]
        return subprocess.Popen(command, env=env, pass_fds=[held.fileno()]), held.getsockname()[1]


@asynccontextmanager
async def _session(read: Any, write: Any) -> AsyncIterator[ClientSession]:
    async with ClientSession(read, write, sampling_callback=sampled) as session:
        await session.initialize()
        yield session


def failed(result: Any) -> bool:
    return bool(getattr(result, "is_error", None) or getattr(result, "isError", None))


async def use(session: ClientSession) -> list[Any]:
    """Something of everything."""
    seen: list[Any] = [(await session.call_tool("price", {"fruit": "apple"})).content[0].text]  # type: ignore[union-attr]
    wrong = await session.call_tool("price", {"fruit": "stone"})
    seen += [failed(wrong), (await session.call_tool("asks", {})).content[0].text]  # type: ignore[union-attr]
    seen += [(await session.get_prompt("greeting", {"name": "Ann"})).messages[0].content.text]  # type: ignore[union-attr]
    uri: Any = "shop://hours"
    if not IS_NEW:
        from pydantic import AnyUrl

        uri = AnyUrl(uri)
    seen += [(await session.read_resource(uri)).contents[0].text]  # type: ignore[union-attr]
    seen += [sorted(tool.name for tool in (await session.list_tools()).tools)]
    await session.send_ping()
    return seen


SEEN = ["apple: 1 EUR", True, "Me.", "Greet Ann.", "9 to 5", ["asks", "meta", "price"]]


def both(method: str, *beneath: Any) -> Any:
    """A request at both of its ends."""
    return (method, [(method, list(beneath))]) if beneath else (method, [method])


TREE = [
    both("initialize") if IS_NEW else "initialize",  # version 1 answers that before there is a server
    both("tools/call price", "looked up"),
    both("tools/call price", "looked up"),
    both("tools/call asks", both("sampling/createMessage", "model")),
    both("prompts/get greeting"),
    both("resources/read"),
    both("tools/list"),
]


def without_lookups(made: list[Any]) -> list[Any]:
    """Version 1 lists the tools by itself before it believes a result."""
    return [each for each in made if each != both("tools/list")]


@pytest.mark.parametrize("transport", [in_memory, over_pipes, over_http])
async def test_a_request_at_both_ends(transport: Any, spans: Spans, data_dir: Path) -> None:
    async with transport(shop() if transport is in_memory else data_dir) as session:
        assert await use(session) == SEEN
    found = spans()
    assert without_lookups(tree(found)) == without_lookups(TREE)
    assert not [span for span in found if span.scope_name != semconv.SCOPE]
    call, *_ = sorted((span for span in found if span.name == "tools/call price"), key=lambda span: span.start_ns)
    assert call.kind == 3
    assert call.attributes[semconv.OPERATION] == "execute_tool"
    assert call.attributes[semconv.MCP_METHOD] == "tools/call"
    assert call.attributes[semconv.TOOL_NAME] == "price"
    assert call.attributes[semconv.TOOL_CALL_ARGUMENTS] == {"fruit": "apple"}
    server = next(span for span in found if span.parent_span_id == call.span_id)
    assert server.kind == 2
    assert server.attributes[semconv.JSONRPC_REQUEST_ID]
    for each in (call, server):
        assert "apple: 1 EUR" in str(each.attributes[semconv.TOOL_CALL_RESULT])
    wrong = [span for span in found if span.status_code == 2 and span.name == "tools/call price"]
    assert [span.attributes[semconv.ERROR_TYPE] for span in wrong] == ["tool_error"] * 2
    assert all("no fruit" in (span.status_message or "") for span in wrong) or IS_NEW
    read = [span for span in found if span.name == "resources/read"]
    assert {span.attributes[semconv.MCP_RESOURCE_URI] for span in read} == {"shop://hours"}
    greeted = [span for span in found if span.name == "prompts/get greeting"]
    assert {span.attributes[semconv.PROMPT_NAME] for span in greeted} == {"greeting"}
    if transport is not in_memory:
        assert len({frozenset(span.resource.items()) for span in found}) == 2


async def test_one_trace_with_the_program(spans: Spans, data_dir: Path) -> None:
    async with over_pipes(data_dir) as session:
        with tracekit.span("program"):
            await session.call_tool("price", {"fruit": "pear"})
    program = one(spans(), "program")
    assert all(span.trace_id == program.trace_id for span in spans() if span.name in {"tools/call price", "looked up"})
    tracekit.flush()
    rows = (
        tracekit.connect(data_dir)
        .sql("select name, kind, tool_name from spans where name like 'tools/call%' order by start_time")
        .rows
    )
    assert rows == [("tools/call price", "tool", "price")] * 2


async def test_what_the_program_puts_into_meta_stays(spans: Spans) -> None:
    async with in_memory(shop()) as session:
        own = {"com.example/key": "a", "baggage": "b=1"}
        if IS_NEW:
            result = await session.call_tool("meta", {}, meta=own)
        else:
            from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, RequestParams

            asked = CallToolRequestParams(name="meta", arguments={}, _meta=RequestParams.Meta(**own))
            request = ClientRequest(CallToolRequest(method="tools/call", params=asked))
            before = request.model_dump()
            result = await session.send_request(request, CallToolResult)
            assert request.model_dump() == before
    seen: Any = getattr(result, "structured_content", None) or getattr(result, "structuredContent", None)
    assert {**seen, **own} == seen
    ours = {key for key in seen.keys() - own.keys() if "modelcontextprotocol" not in key}
    assert ours == {"traceparent"}
    client = min((span for span in spans() if span.name == "tools/call meta"), key=lambda span: span.start_ns)
    assert seen["traceparent"].startswith(f"00-{client.trace_id}-{client.span_id}-0")


async def test_errors_are_the_programs(spans: Spans) -> None:
    async with in_memory(shop()) as session:
        with pytest.raises(Exception, match="nobody"):
            await session.get_prompt("nobody")
    client, server = sorted((span for span in spans() if "nobody" in span.name), key=lambda span: span.start_ns)
    assert (client.status_code, server.status_code) == (2, 2)
    assert client.attributes[semconv.ERROR_TYPE].rpartition(".")[2].lower() == "mcperror"
    assert server.attributes[semconv.ERROR_TYPE]


async def test_taken_out(data_dir: Path) -> None:
    tracekit.autolog(directory=data_dir)
    tracekit.uninstrument()
    async with in_memory(shop()) as session:
        result: Any = await session.call_tool("meta", {})
        assert IS_NEW or "traceparent" not in str(result.content)  # version 2 sends one of its own
    assert [span.name for span in journaled(data_dir).ended if span.scope_name == semconv.SCOPE] == []
