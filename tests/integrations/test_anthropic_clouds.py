"""The clients for clouds: the same calls under the provider's own name, from their own bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anthropic
import pytest

from tests.integrations import anthropic_wire as wire
from tests.support import conventions, eventstream
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply, answer, events
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.store.pricing import Pricer
from tracekit_integrations._anthropic_messages import CLIENTS

BEDROCK = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
VERTEX = "claude-sonnet-4-5@20250929"
OPTIONS: Any = {"max_retries": 0, "timeout": 60}


def event_stream(script: Sequence[Any]) -> Reply:
    return eventstream.reply([eventstream.chunk(each) for each in script])


def bedrock(provider: Provider, kind: Any) -> Any:
    return kind(**OPTIONS, base_url=provider.url, aws_region="us-east-1", api_key="none")


def vertex(provider: Provider, kind: Any) -> Any:
    return kind(**OPTIONS, base_url=f"{provider.url}/v1", region="us-east5", project_id="p", access_token="none")


def foundry(provider: Provider, kind: Any) -> Any:
    return kind(**OPTIONS, base_url=f"{provider.url}/anthropic/", api_key="none")


CLOUDS: dict[str, tuple[Callable[..., Any], str, str, str, Callable[..., Reply]]] = {
    "Bedrock": (bedrock, "aws.bedrock", BEDROCK, f"/model/{BEDROCK}/invoke", event_stream),
    "Vertex": (
        vertex,
        "gcp.vertex_ai",
        VERTEX,
        f"/v1/projects/p/locations/us-east5/publishers/anthropic/models/{VERTEX}:rawPredict",
        lambda script: events(script, done=False),
    ),
    "Foundry": (
        foundry,
        "anthropic",
        "claude-sonnet-4-5",
        "/anthropic/v1/messages",
        lambda script: events(script, done=False),
    ),
}


def queue(provider: Provider, cloud: str) -> None:
    _, _, model, path, streamed = CLOUDS[cloud]
    script = wire.stream()
    script[0]["message"]["model"] = model
    long = path.replace(":rawPredict", ":streamRawPredict").replace("/invoke", "/invoke-with-response-stream")
    provider.queue(path, *[answer(wire.message(model=model))] * 2)
    provider.queue(long, *[streamed(script)] * 2)


def check(spans: Spans, cloud: str, count: int) -> None:
    _, name, model, *_ = CLOUDS[cloud]
    assert len(spans()) == count
    for span in spans():
        conventions.check(span.attributes)
        said = span.attributes
        assert (span.name, said[semconv.PROVIDER], said[semconv.REQUEST_MODEL]) == (f"chat {model}", name, model)
        assert (outcome(said), said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_OUTPUT_TOKENS]) == (
            "complete",
            32,
            9,
        )
        assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]
        assert (Pricer().price(canonical(span)) or 0) > 0


@pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_is_recorded_under_its_own_name(cloud: str, provider: Provider, spans: Spans) -> None:
    queue(provider, cloud)
    make, _, model, *_ = CLOUDS[cloud]
    with make(provider, getattr(anthropic, f"Anthropic{cloud}")) as client:
        for resource in (client.messages, client.beta.messages):
            assert resource.create(**{**wire.ASK, "model": model}).content[0].text == "Hello"
        with client.messages.stream(**{**wire.ASK, "model": model}) as stream:
            assert stream.get_final_text() == "Hello"
        assert len(list(client.beta.messages.create(**{**wire.ASK, "model": model}, stream=True))) in {7, 8}
    assert provider.left == 0
    check(spans, cloud, 4)


@pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")
@pytest.mark.parametrize("cloud", CLOUDS)
async def test_an_async_cloud_is_recorded_under_its_own_name(cloud: str, provider: Provider, spans: Spans) -> None:
    queue(provider, cloud)
    make, _, model, *_ = CLOUDS[cloud]
    async with make(provider, getattr(anthropic, f"AsyncAnthropic{cloud}")) as client:
        for resource in (client.messages, client.beta.messages):
            assert (await resource.create(**{**wire.ASK, "model": model})).content[0].text == "Hello"
        for resource in (client.messages, client.beta.messages):
            async with resource.stream(**{**wire.ASK, "model": model}) as stream:
                assert await stream.get_final_text() == "Hello"
    assert provider.left == 0
    check(spans, cloud, 4)


@pytest.mark.parametrize(
    ("url", "provider_name"),
    [
        ("https://api.anthropic.com", "anthropic"),
        ("https://api.deepseek.com/anthropic", "deepseek"),
        ("https://api.moonshot.ai/anthropic", "moonshot_ai"),
        ("https://res.services.ai.azure.com/anthropic", "anthropic"),
        ("https://bedrock-mantle.us-east-1.api.aws/anthropic", "aws.bedrock"),
        ("http://localhost:11434", "anthropic"),
    ],
)
def test_a_compatible_server_is_told_by_its_host(url: str, provider_name: str) -> None:
    assert CLIENTS.endpoint(anthropic.Anthropic(base_url=url, api_key="none")).provider == provider_name
