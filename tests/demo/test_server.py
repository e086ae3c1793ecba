"""The model server through the real client: what a program would get from OpenAI."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai
import pytest

from tracekit.demo import session, shop, tokens
from tracekit.demo.server import ModelServer

pytestmark = pytest.mark.openai

LAKE = "We want to ride around the lake from Friday to Sunday."


@pytest.fixture
def client() -> Iterator[openai.OpenAI]:
    with ModelServer(pace=0) as server, openai.OpenAI(base_url=server.url, api_key="none") as made:
        yield made


def test_plain_chat_counts_its_tokens(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Describe the route: Reichenau"}]
    )
    assert reply.model == "gpt-4o-mini-2024-07-18"
    text = reply.choices[0].message.content
    assert text is not None
    assert text.startswith("Reichenau island")
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.completion_tokens == tokens.count(text)
    assert reply.usage.prompt_tokens == 3 + 3 + tokens.count("Describe the route: Reichenau")
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_every_reply_has_an_id_of_its_own(client: openai.OpenAI) -> None:
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
    first, second = client.chat.completions.create(**ask), client.chat.completions.create(**ask)
    assert first.id != second.id
    assert first.choices == second.choices


@pytest.mark.parametrize("usage", [True, False])
def test_streamed_chat_is_the_plain_one_in_pieces(client: openai.OpenAI, *, usage: bool) -> None:
    messages = [{"role": "user", "content": "A packing list, please"}]
    whole = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    options = {"stream_options": {"include_usage": True}} if usage else {}
    chunks = list(client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True, **options))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert len(chunks) == tokens.count(text) + 2 + usage
    assert chunks[-1].usage == (whole.usage if usage else None)
    assert (chunks[-1].choices == []) == usage


def test_tools_are_called_over_several_turns(client: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": LAKE}]
    first = client.chat.completions.create(model="gpt-4o", messages=messages, tools=shop.DEFINITIONS).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.content is None
    calls = first.message.tool_calls
    assert calls is not None
    assert [call.function.name for call in calls] == ["weather", "weather", "search_bikes"]
    assert len({call.id for call in calls}) == 3
    messages.append(first.message)
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "{}"} for call in calls]
    second = client.chat.completions.create(model="gpt-4o", messages=messages, tools=shop.DEFINITIONS).choices[0]
    assert second.message.tool_calls is not None
    [call] = second.message.tool_calls
    assert shop.calculator(**json.loads(call.function.arguments)) == 180


def test_tool_calls_stream_in_fragments(client: openai.OpenAI) -> None:
    chunks = client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": LAKE}], tools=shop.DEFINITIONS, stream=True
    )
    arguments: dict[int, list[str]] = {}
    for chunk in chunks:
        for call in chunk.choices[0].delta.tool_calls or ():
            arguments.setdefault(call.index, []).append(call.function.arguments)
    assert [json.loads("".join(parts)) for parts in arguments.values()] == [
        {"place": "Konstanz", "day": "Friday"},
        {"place": "Bregenz", "day": "Saturday"},
        {"days": 3, "child_age": 5},
    ]
    assert all(len(parts) > 3 for parts in arguments.values())


def test_responses_think_and_answer(client: openai.OpenAI) -> None:
    reply = client.responses.create(model="o4-mini", input="Plan two days to the Rhine Falls")
    assert [item.type for item in reply.output] == ["reasoning", "message"]
    assert reply.output_text.startswith("Day 1, 46 km")
    assert reply.usage is not None
    assert reply.usage.output_tokens_details.reasoning_tokens == 448
    assert reply.usage.output_tokens == 448 + tokens.count(reply.output_text)


def test_responses_stream_the_same_reply(client: openai.OpenAI) -> None:
    with client.responses.stream(model="o4-mini", input="Plan two days to the Rhine Falls") as stream:
        deltas = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert final.output_text == deltas
    assert final.usage is not None
    assert final.usage.output_tokens == 448 + tokens.count(deltas)


def test_responses_call_tools(client: openai.OpenAI) -> None:
    given = [{"role": "user", "content": LAKE}]
    reply = client.responses.create(model="gpt-4o", input=given)
    assert [item.name for item in reply.output] == ["weather", "weather", "search_bikes"]
    with client.responses.stream(model="gpt-4o", input=given) as stream:
        assert [item.arguments for item in stream.get_final_response().output] == [
            item.arguments for item in reply.output
        ]
    given += [item.model_dump() for item in reply.output]
    given += [{"type": "function_call_output", "call_id": item.call_id, "output": "{}"} for item in reply.output]
    assert client.responses.create(model="gpt-4o", input=given).output


def test_structured_output(client: openai.OpenAI) -> None:
    reply = client.chat.completions.parse(
        model="gpt-4o-mini", messages=[{"role": "user", "content": session.EMAIL}], response_format=session.Booking
    )
    booking = reply.choices[0].message.parsed
    assert booking is not None
    assert booking.name == "Tomasz Zieliński"
    assert [bike.size for bike in booking.bikes] == ["L", "S"]


@pytest.mark.parametrize("form", [{}, {"encoding_format": "float"}])
def test_embeddings_of_texts_that_share_words_lie_close(client: openai.OpenAI, form: dict[str, str]) -> None:
    texts = ["bikes on the ferry", "the ferries take bikes", "theft cover of the shop"]
    made = client.embeddings.create(model="text-embedding-3-small", input=texts, **form)
    one, near, far = (item.embedding for item in made.data)
    assert len(one) == 1536
    assert sum(a * b for a, b in zip(one, near, strict=True)) > 0.8
    assert sum(a * b for a, b in zip(one, far, strict=True)) < 0.2
    assert made.usage.prompt_tokens == sum(map(tokens.count, texts))


def test_embeddings_of_the_length_asked_for(client: openai.OpenAI) -> None:
    made = client.embeddings.create(model="text-embedding-3-small", input="a lake", dimensions=64)
    assert len(made.data[0].embedding) == 64


def test_a_long_prompt_is_partly_cached(client: openai.OpenAI) -> None:
    book = " ".join(shop.handbook().values()) * 2
    messages = [{"role": "system", "content": book}, {"role": "user", "content": "hello"}]
    usage = client.chat.completions.create(model="gpt-4o", messages=messages).usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    cached = usage.prompt_tokens_details.cached_tokens
    assert cached is not None
    assert 1024 <= cached < usage.prompt_tokens
    assert cached % 128 == 0


def test_an_unknown_model_is_404(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-4o-polyglot", messages=[])
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="ada", input="x")


def test_a_busy_model_answers_the_second_try() -> None:
    ask = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say it in one sentence for the team: ok"}]}
    with ModelServer(pace=0) as server, openai.OpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(**ask)
        assert caught.value.response.headers["retry-after"] == "1"
        assert caught.value.response.headers["retry-after-ms"] == "250"
        assert client.with_options(max_retries=1).chat.completions.create(**ask).choices


@pytest.mark.parametrize("body", [{"model": "gpt-4o"}, {"model": "gpt-4o", "messages": [1]}, {"messages": []}])
def test_a_request_that_cannot_be_read_is_400(client: openai.OpenAI, body: dict[str, object]) -> None:
    with pytest.raises(openai.BadRequestError):
        client.post("/chat/completions", body=body, cast_to=object)


def test_more_choices_than_one_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="one answer"):
        client.chat.completions.create(model="gpt-4o", n=2, messages=[{"role": "user", "content": "x"}])


def test_a_caller_who_hangs_up_does_not_stop_the_server(client: openai.OpenAI) -> None:
    ask = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "A packing list, please"}]}
    stream = client.chat.completions.create(**ask, stream=True)
    next(iter(stream))
    stream.close()
    assert client.chat.completions.create(**ask).choices
