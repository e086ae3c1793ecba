"""What a program asks of the openai client for a recorded exchange, and what it sees of it, sync and async."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import openai
from pydantic import BaseModel

from tests.support.provider import Exchange, Provider


class StructuredAnswer(BaseModel):
    rating: int
    joke: str


class Person(BaseModel):
    name: str
    age: int


ANSWER_TYPES: dict[str, type[BaseModel]] = {
    "chat_structured_parse": StructuredAnswer,
    "chat_parse_refusal": StructuredAnswer,
    "responses_parse": Person,
}


def arguments(exchange: Exchange, path: Path) -> tuple[str, dict[str, Any]]:
    """The client's method, and what it is called with, for a recorded request."""
    body = dict(exchange.request)
    answer_type = ANSWER_TYPES.get(path.stem)
    if exchange.path.endswith("/responses"):
        if answer_type is not None:
            return "responses.parse", {**body, "text_format": answer_type, "text": openai.NOT_GIVEN}
        return "responses.create", body
    if exchange.path.endswith("/chat/completions"):
        if answer_type is not None:
            body.pop("stream", None)
            return "chat.completions.parse", {**body, "response_format": answer_type}
        raw = "x-stainless-raw-response" in exchange.request_headers
        return "chat.completions.with_raw_response.create" if raw else "chat.completions.create", body
    return "embeddings.create" if exchange.path.endswith("/embeddings") else "completions.create", body


async def seen(exchanges: list[Exchange], path: Path, provider: Provider) -> list[Any]:
    """What a program sees of the exchanges, by a synchronous and an asynchronous client."""
    options: Any = {"api_key": "none", "max_retries": 0}
    if is_azure(exchanges[0]):
        options |= {"azure_endpoint": provider.url, "api_version": "2024-02-01"}
        kinds: Any = openai.AzureOpenAI, openai.AsyncAzureOpenAI
    else:
        options |= {"base_url": f"{provider.url}/v1"}
        kinds = openai.OpenAI, openai.AsyncOpenAI
    plain = openai.DefaultHttpxClient(verify=False), openai.DefaultAsyncHttpxClient(verify=False)  # no CA files to load
    with kinds[0](**options, http_client=plain[0]) as client:
        found = [call(exchange, path, client) for exchange in exchanges]
    async with kinds[1](**options, http_client=plain[1]) as client:
        return [*found, *[await call_async(exchange, path, client) for exchange in exchanges]]


def is_azure(exchange: Exchange) -> bool:
    return "/openai/deployments/" in exchange.path


def call(exchange: Exchange, path: Path, client: Any) -> Any:
    """Types and dumps of all objects that a call gives, or its error."""
    method, given = arguments(exchange, path)
    try:
        result = operator.attrgetter(method)(client)(**given)
        shape = type(result)
        result = result.parse() if hasattr(result, "http_response") else result
        return shape, dumped(list(result) if isinstance(result, Iterator) else result)
    except openai.APIError as error:
        return type(error), str(error), error.body


async def call_async(exchange: Exchange, path: Path, client: Any) -> Any:
    method, given = arguments(exchange, path)
    try:
        result = await operator.attrgetter(method)(client)(**given)
        shape = type(result)
        result = result.parse() if hasattr(result, "http_response") else result
        many = isinstance(result, AsyncIterator)
        return shape, dumped([chunk async for chunk in result] if many else result)
    except openai.APIError as error:
        return type(error), str(error), error.body


def dumped(value: Any) -> Any:
    if isinstance(value, list):
        return [dumped(each) for each in value]
    return type(value), value.model_dump(warnings=False)
