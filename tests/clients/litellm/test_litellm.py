"""LiteLLM under `autolog()`: by names imported before, with the client of OpenAI beneath it in older versions."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import litellm
import pytest
from litellm import completion

import tracekit
import tracekit_integrations
from tests.clients.wire import CHAT, MODEL, RESPONSES, Bill
from tests.support.faults import harm
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tracekit import semconv
from tracekit.model import RawSpan

HERE = Path(tracekit_integrations.__file__).parent
FILES = [HERE / name for name in ("litellm.py", "_litellm_request.py", "_litellm_response.py")]
ASKED = [{"role": "user", "content": "hi"}]
pytestmark = pytest.mark.filterwarnings("ignore")
"""LiteLLM's own."""
STREAM = litellm.CustomStreamWrapper


@pytest.fixture
def bill() -> Bill:
    return Bill()


def where(provider: Provider) -> dict[str, Any]:
    return {"api_base": f"{provider.url}/v1", "api_key": "none", "max_retries": 0}


def outer(spans: Spans) -> list[RawSpan]:
    """The spans that are LiteLLM's own: those that stand beneath none of the same name."""
    ended = sorted(spans(), key=lambda span: span.start_ns)
    names = {span.span_id: span.name for span in ended}
    return [span for span in ended if names.get(span.parent_span_id or "") != span.name]


def billed(directory: Path) -> tuple[Any, ...]:
    rows = tracekit.connect(directory).sql(
        "select sum(input_tokens), sum(output_tokens), sum(cost_usd) from spans where counted"
    )
    return rows.rows[0]


def test_a_call_by_a_name_that_was_imported_before(
    provider: Provider, spans: Spans, bill: Bill, data_dir: Path
) -> None:
    provider.queue(CHAT, bill.chat("hello", ("look", {"for": "it"})))
    reply = completion("openai/gpt-4o", ASKED, temperature=0.5, metadata={"session_id": "s-1"}, **where(provider))
    assert type(reply) is litellm.ModelResponse
    (span,) = outer(spans)
    said = span.attributes
    assert span.name == "chat gpt-4o"
    assert said[semconv.PROVIDER] == "openai"
    assert said[semconv.REQUEST_MODEL] == "gpt-4o"
    assert said[semconv.RESPONSE_MODEL] == MODEL
    assert said[semconv.RESPONSE_ID] == "chatcmpl-1"
    assert said[semconv.REQUEST_TEMPERATURE] == 0.5
    assert said[semconv.CONVERSATION_ID] == "s-1"
    assert (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_CACHE_READ]) == (101, 50)
    (message,) = said[semconv.OUTPUT_MESSAGES]
    assert [part["type"] for part in message["parts"]] == ["text", "tool_call"]
    assert message["parts"][1]["arguments"] == {"for": "it"}
    assert billed(data_dir) == (bill.input, bill.output, pytest.approx(bill.usd))


@pytest.mark.parametrize("wanted", [None, {"include_usage": True}])
def test_a_stream_has_the_usage_that_the_provider_tells(
    provider: Provider, spans: Spans, bill: Bill, data_dir: Path, wanted: Any
) -> None:
    provider.queue(CHAT, bill.chat_stream("hel", "lo"))
    stream = completion("openai/gpt-4o", ASKED, stream=True, stream_options=wanted, **where(provider))
    assert type(stream) is STREAM
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "hello"
    (span,) = outer(spans)
    assert span.attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "hello"}]
    assert span.attributes[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert semconv.OUTCOME not in span.attributes
    assert billed(data_dir)[:2] == (bill.input, bill.output)


def test_a_stream_that_is_left_is_abandoned(provider: Provider, spans: Spans, bill: Bill) -> None:
    provider.queue(CHAT, bill.chat_stream("hel", "lo"), bill.chat("x"))
    stream = completion("openai/gpt-4o", ASKED, stream=True, **where(provider))
    next(stream)
    del stream
    completion("openai/gpt-4o", ASKED, **where(provider))  # older versions hold the last stream until the next call
    gc.collect()
    assert outer(spans)[0].attributes[semconv.OUTCOME] == "abandoned"


async def test_asynchronous(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    provider.queue(CHAT, bill.chat("hello"), bill.chat_stream("hel", "lo"))
    assert type(await litellm.acompletion("openai/gpt-4o", ASKED, **where(provider))) is litellm.ModelResponse
    stream = await litellm.acompletion("openai/gpt-4o", ASKED, stream=True, **where(provider))
    assert [chunk async for chunk in stream]
    assert [span.attributes[semconv.RESPONSE_ID] for span in outer(spans)] == ["chatcmpl-1", "chatcmpl-2"]
    assert billed(data_dir)[:2] == (bill.input, bill.output)


def test_the_router_tries_again_beneath_one_span(provider: Provider, spans: Spans, bill: Bill, data_dir: Path) -> None:
    deployment = {"model_name": "group", "litellm_params": {"model": "openai/gpt-4o", **where(provider)}}
    router = litellm.Router(model_list=[deployment], num_retries=1)
    provider.queue(CHAT, answer({"error": {"message": "no"}}, status=500), bill.chat("hello"))
    router.completion("group", ASKED)
    route, failed, right = outer(spans)
    assert route.name == "litellm.Router group"
    assert (failed.parent_span_id, right.parent_span_id) == (route.span_id, route.span_id)
    assert failed.attributes[semconv.ERROR_TYPE] == "litellm.exceptions.InternalServerError"
    assert billed(data_dir)[:2] == (bill.input, bill.output)


def test_responses_have_the_id_that_the_provider_gave(
    provider: Provider, spans: Spans, bill: Bill, data_dir: Path
) -> None:
    provider.queue(RESPONSES, bill.response("hello"), bill.response_stream("hello"))
    litellm.responses("hi", "openai/gpt-4o", **where(provider))
    assert list(litellm.responses("hi", "openai/gpt-4o", stream=True, **where(provider)))
    assert [span.attributes[semconv.RESPONSE_ID] for span in outer(spans)] == ["resp_1", "resp_2"]
    assert billed(data_dir)[:2] == (bill.input, bill.output)


def test_an_answer_from_the_cache_is_no_call(provider: Provider, spans: Spans, bill: Bill) -> None:
    litellm.cache = litellm.Cache(type="local")
    try:
        provider.queue(CHAT, bill.chat("hello"))
        for _ in range(2):
            completion("openai/gpt-4o", [{"role": "user", "content": "cached?"}], caching=True, **where(provider))
    finally:
        litellm.cache = None
    assert len(outer(spans)) == 1


def test_the_callbacks_of_the_program_are_its_own(provider: Provider, data_dir: Path, bill: Bill) -> None:
    kept = {name: list(getattr(litellm, name)) for name in ("callbacks", "success_callback", "failure_callback")}
    before = completion.__closure__, litellm.main.completion
    tracekit.autolog(directory=data_dir)
    provider.queue(CHAT, bill.chat("hello"))
    completion("openai/gpt-4o", ASKED, **where(provider))
    assert {name: getattr(litellm, name) for name in kept} == kept
    tracekit.uninstrument()
    assert (completion.__closure__, litellm.main.completion) == before
    assert litellm.main.completion.__wrapped__ in [cell.cell_contents for cell in litellm.main.completion.__closure__]


def test_embeddings_text_and_ranks(provider: Provider, spans: Spans, bill: Bill) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    provider.queue("/v1/embeddings", answer({"object": "list", "model": "e", "data": [vector], "usage": usage}))
    provider.queue(CHAT, bill.chat_stream("hel", "lo"))
    ranked = {
        "id": "r",
        "results": [{"index": 1, "relevance_score": 0.9}],
        "meta": {"billed_units": {"search_units": 1}},
    }
    provider.queue("/v2/rerank", answer(ranked))
    litellm.embedding("openai/text-embedding-3-small", ["x"], **where(provider))
    assert list(litellm.text_completion("hi", "openai/gpt-4o", stream=True, **where(provider)))
    litellm.rerank("cohere/rerank-v3.5", "q", ["a", "b"], api_base=f"{provider.url}/v2/rerank", api_key="none")
    found = {span.attributes[semconv.OPERATION]: span for span in outer(spans)}
    assert found[semconv.EMBEDDINGS].attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] == 2
    assert found[semconv.TEXT_COMPLETION].attributes[semconv.OUTPUT_MESSAGES][0]["parts"][0]["content"] == "hello"
    (document,) = found[semconv.RERANK].attributes[semconv.RETRIEVAL_DOCUMENTS]
    assert (document["id"], document["score"]) == ("1", 0.9)
    assert found[semconv.RERANK].attributes[semconv.PROVIDER] == "cohere"


def test_an_error_is_what_it_is_without_us(provider: Provider, spans: Spans) -> None:
    provider.queue(CHAT, answer({"error": {"message": "no"}}, status=401))
    with pytest.raises(litellm.AuthenticationError, match="no"):
        completion("openai/gpt-4o", ASKED, **where(provider))
    assert outer(spans)[0].attributes[semconv.ERROR_TYPE] == "litellm.exceptions.AuthenticationError"


def test_faults_of_ours_are_not_noticed(provider: Provider, data_dir: Path) -> None:
    def program() -> list[Any]:
        bill, seen = Bill(), []
        provider.queue(CHAT, bill.chat("hello"), bill.chat_stream("hel", "lo"))
        provider.queue(RESPONSES, bill.response("hello"), bill.response_stream("hello"))
        seen.append(completion("openai/gpt-4o", ASKED, metadata={"session_id": "s"}, **where(provider)).id)
        seen += [type(chunk) for chunk in completion("gpt-4o", ASKED, stream=True, **where(provider))]
        seen.append(litellm.responses("hi", "openai/gpt-4o", **where(provider)).output[0].content[0].text)
        seen += [event.type for event in litellm.responses("hi", "openai/gpt-4o", stream=True, **where(provider))]
        return seen

    told = harm(FILES, program, data_dir)
    assert [line for line in told if "is not passed" not in line] == []
