"""What a program asks of the anthropic client for a recorded exchange, and what it sees of it, sync and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
from pydantic import BaseModel

from tests.support.provider import Exchange, Provider


class Capital(BaseModel):
    city: str
    country: str


def calls(exchange: Exchange) -> list[tuple[str, dict[str, Any]]]:
    """The client's methods that send a recorded request, and what each is called with."""
    body = dict(exchange.request)
    if "output_config" in body and "format" in body["output_config"]:
        return [("parse", {**body, "output_format": Capital, "output_config": anthropic.omit})]
    if body.get("stream"):
        return [("create", body), ("stream", {name: value for name, value in body.items() if name != "stream"})]
    return [("create", body)]


async def seen(exchanges: list[Exchange], provider: Provider) -> list[Any]:
    """What a program sees of the exchanges, by a synchronous and an asynchronous client."""
    options: Any = {"api_key": "none", "base_url": provider.url, "max_retries": 0}
    plain = anthropic.DefaultHttpxClient(verify=False), anthropic.DefaultAsyncHttpxClient(verify=False)
    found: list[Any] = []
    with anthropic.Anthropic(**options, http_client=plain[0]) as client:
        for exchange in exchanges:
            for method, given in calls(exchange):
                found.append(call(getattr(resource(client, exchange), method), given))
    async with anthropic.AsyncAnthropic(**options, http_client=plain[1]) as client:
        for exchange in exchanges:
            for method, given in calls(exchange):
                found.append(await call_async(getattr(resource(client, exchange), method), given))
    return found


def resource(client: Any, exchange: Exchange) -> Any:
    return client.beta.messages if "beta=true" in exchange.url else client.messages


def call(method: Any, given: dict[str, Any]) -> Any:
    """Types and dumps of all objects that a call gives, or its error."""
    try:
        result = method(**given)
        if hasattr(result, "__enter__") and not isinstance(result, Iterator):
            with result as stream:
                return type(result), type(stream), dumped(list(stream)), dumped(stream.get_final_message())
        return type(result), dumped(list(result) if isinstance(result, Iterator) else result)
    except anthropic.APIError as error:
        return type(error), str(error), error.body


async def call_async(method: Any, given: dict[str, Any]) -> Any:
    try:
        result = method(**given)
        if hasattr(result, "__aenter__"):
            async with result as stream:
                chunks = [chunk async for chunk in stream]
                return type(result), type(stream), dumped(chunks), dumped(await stream.get_final_message())
        result = await result
        many = isinstance(result, AsyncIterator)
        return type(result), dumped([chunk async for chunk in result] if many else result)
    except anthropic.APIError as error:
        return type(error), str(error), error.body


def dumped(value: Any) -> Any:
    if isinstance(value, list):
        return [dumped(each) for each in value]
    return type(value), value.model_dump(warnings=False)
