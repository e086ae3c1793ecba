"""Every recorded exchange with Bedrock, replayed by botocore: the same objects, and spans that say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.eventstream import EventStream
from botocore.response import StreamingBody

from tests.integrations.bedrock import asking, check
from tests.integrations.botocores import client
from tests.integrations.replaying import name_of, recordings, replayed
from tests.support.provider import Exchange, Provider

Read = Callable[[StreamingBody], Any]


@pytest.mark.parametrize("path", recordings("bedrock", "bedrock"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    async def seen(exchanges: list[Exchange]) -> list[Any]:
        made = client(provider.url, "bedrock-runtime")
        reads: list[Read] = [lambda body: body.read(), lambda body: list(body.iter_lines())]
        return [attempt(made, exchange, read) for read in reads for exchange in exchanges]

    spans, exchanges = await replayed(path, "botocore", seen, provider, data_dir)
    assert len(spans) == len(exchanges)
    for span, exchange in zip(spans, exchanges, strict=True):
        check(span, exchange)


def attempt(made: Any, exchange: Exchange, read: Read) -> Any:
    """All that a call gives, or its error."""
    method, parameters = asking(exchange)
    try:
        reply = getattr(made, method)(**parameters)
    except made.exceptions.ClientError as error:
        return type(error).__name__, str(error), error.response
    return {name: (type(held), whole(held, read)) for name, held in reply.items()}


def whole(held: Any, read: Read) -> Any:
    if isinstance(held, EventStream):
        return list(held)
    return read(held) if isinstance(held, StreamingBody) else held
