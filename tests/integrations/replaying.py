"""A recording replayed by the real client, without us and with us: what the program sees, and the spans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import tracekit
from tests.support import corpus
from tests.support.provider import Exchange, Provider, recorded
from tests.support.recorded import journaled
from tracekit.model import RawSpan
from tracekit.sdk import guard

GOLDEN = Path(__file__).parents[1] / "golden"

Seen = Callable[[list[Exchange]], Awaitable[list[Any]]]
"""What a program sees of the exchanges, by a synchronous client and then by an asynchronous one."""


def recordings(client: str, folder: str) -> list[Path]:
    """Our own of a client, and those of the corpus."""
    return [*sorted((GOLDEN / client).glob("*.yaml")), *corpus.files(f"cassettes/{folder}/*.yaml")]


def name_of(path: Path) -> str:
    return f"own-{path.stem}" if GOLDEN in path.parents else path.stem


async def replayed(
    path: Path, integration: str, seen: Seen, provider: Provider, data_dir: Path
) -> tuple[list[RawSpan], list[Exchange]]:
    """The spans, and the exchanges that they are of: the recorded ones, once for each kind of client."""
    exchanges = recorded(path)
    for _ in range(4):
        provider.play(exchanges)
    faults = guard.faults()
    bare = await seen(exchanges)
    tracekit.autolog(directory=data_dir, instrument=[integration])
    try:
        ours = await seen(exchanges)
    finally:
        tracekit.uninstrument()
    assert provider.left == 0
    assert guard.faults() == faults
    assert ours == bare
    if GOLDEN not in path.parents:
        corpus.ran(path)
    found = journaled(data_dir)
    assert len(found.started) == len(found.ended)
    return found.ended, [*exchanges, *exchanges]


def attempt(ask: Callable[[], Any]) -> Any:
    """Types and dumps of all objects that a call gives, or its error."""
    try:
        result = ask()
        return type(result), dumped(list(result) if hasattr(result, "__next__") else result)
    except Exception as error:  # noqa: BLE001 - whatever the client raises, it must raise with us too
        return type(error), str(error)


async def attempt_async(ask: Callable[[], Any]) -> Any:
    """The same of an asynchronous client: what it gives may be awaited for a stream, or be one."""
    try:
        result = ask()
        result = await result if hasattr(result, "__await__") else result
        many = hasattr(result, "__anext__")
        return type(result), dumped([chunk async for chunk in result] if many else result)
    except Exception as error:  # noqa: BLE001 - as above
        return type(error), str(error)


def dumped(value: Any) -> Any:
    """An object's type and fields, without the HTTP headers that some clients put on it, which have a date."""
    if isinstance(value, list):
        return [dumped(each) for each in value]
    exclude = {"sdk_http_response"} & type(value).model_fields.keys()
    return type(value), value.model_dump(mode="json", exclude=exclude, warnings=False)
