"""A server for the tests, of either version of the SDK: `python shop.py [http SOCKET]`, which it inherits."""

import socket
import sys
from typing import Any

import tracekit

try:
    from mcp.server.mcpserver import Context, MCPServer
except ImportError:
    from mcp.server.fastmcp import Context
    from mcp.server.fastmcp import FastMCP as MCPServer


def shop() -> Any:
    """The server."""
    server: Any = MCPServer("shop")

    @server.tool()
    def price(fruit: str) -> str:
        """What a fruit costs."""
        with tracekit.span("looked up"):
            if fruit == "stone":
                raise ValueError("no fruit")
            return f"{fruit}: 1 EUR"

    @server.tool()
    async def meta(ctx: Context) -> dict[str, Any]:  # type: ignore[type-arg]
        """What has come with the request."""
        told: Any = ctx.request_context.meta
        return told.model_dump(exclude_none=True) if hasattr(told, "model_dump") else dict(told or {})

    @server.tool()
    async def asks(ctx: Context) -> str:  # type: ignore[type-arg]
        """Has the client's model asked."""
        said = await ctx.session.create_message(messages=[_question()], max_tokens=9)
        return str(said.content.text)

    @server.prompt()
    def greeting(name: str) -> str:
        """A greeting."""
        return f"Greet {name}."

    @server.resource("shop://hours")
    def hours() -> str:
        """When it is open."""
        return "9 to 5"

    return server


def _question() -> Any:
    from mcp.types import SamplingMessage, TextContent

    return SamplingMessage(role="user", content=TextContent(type="text", text="Who?"))


if __name__ == "__main__":
    tracekit.autolog()
    if sys.argv[1:2] == ["http"]:
        import uvicorn

        app = uvicorn.Config(shop().streamable_http_app(), log_level="error")
        uvicorn.Server(app).run(sockets=[socket.socket(fileno=int(sys.argv[2]))])
    else:
        shop().run("stdio")
