"""Whatever line of the integration breaks, client and server get what they would get without it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.clients.mcp.shop import shop
from tests.clients.mcp.test_requests import IS_NEW, in_memory, use
from tests.support.faults import harm
from tracekit_integrations import mcp

HOME = Path(mcp.__file__).parent
FILES = {HOME / f"{name}.py" for name in ("mcp", "_mcp_arguments", "_mcp_messages")}
FILES |= {HOME / f"_mcp_{'calls' if IS_NEW else 'models'}.py"}
AT_IMPORT = ("Target(", "module=", "attribute=", "method=", "is_async=", "everywhere=", "for place")
"""Beginnings of lines that run when the integration is imported, which `registry.install` guards."""
pytestmark = pytest.mark.filterwarnings("ignore:The sampling capability", "ignore:Field 'lifespan'")


def test_no_fault_reaches_the_program(data_dir: Path) -> None:
    async def program() -> list[Any]:
        async with in_memory(shop()) as session:
            seen = await use(session)
            try:
                await session.get_prompt("nobody")
            except Exception as error:  # noqa: BLE001 - of another class in each version
                seen += [type(error).__name__, str(error)]
            return seen

    assert harm(FILES, lambda: asyncio.run(program()), data_dir, at_import=AT_IMPORT) == []
