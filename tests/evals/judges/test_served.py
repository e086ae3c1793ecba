"""Judges behind real sockets: what is sent, what is understood of replies, and what happens when servers complain."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.evals.judges.scripted import CHAT, MESSAGES, QUICK, Given, message, score, serving
from tests.integrations.wire import completion
from tests.support.provider import Reply, answer
from tracekit.evals.judges import Judge, Question, UndecidedError, openai_compatible
from tracekit.evals.judges.draft import Draft
from tracekit.evals.judges.forms import Scale
from tracekit.evals.judges.question import Sampling
from tracekit.evals.judges.transport import Patience
from tracekit.evals.metrics.judge_general import correctness, equivalence
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status

ROW = Row(input="q", output="a", expected="b")
GOOD = '{"rationale": "r", "score": 0.5}'
QUESTION: Question = Draft(metric="m", task="Rate it.", form=Scale(levels={0.0: "bad", 1.0: "good"})).question(
    b"s", sampling=Sampling()
)


def error(status: int, text: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer({"error": {"message": text}}, status=status, headers={"content-type": "application/json", **named})


def in_turn(*replies: Any) -> Callable[[Any], Any]:
    """A script that is said in order; the last one goes on."""
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def rung(body: Any) -> str:
    if "tools" in body:
        return "tool"
    return body.get("response_format", {"type": "text"})["type"]


async def judged(judge: Judge, **options: Any) -> Score:
    try:
        return await correctness.score(ROW, services=Given(judge=judge), options=options)
    finally:
        await judge.aclose()


async def test_what_openai_is_asked_and_what_it_says() -> None:
    with serving(lambda _: GOOD) as server:
        model = server.model("gpt-9", key="secret", provider="openai")
        reply = await model.ask(QUESTION)
        await model.aclose()
    (asked,) = server.asked
    assert (asked.path, asked.headers["authorization"]) == (CHAT, "Bearer secret")
    body = asked.json
    assert body["model"] == "gpt-9"
    assert [each["role"] for each in body["messages"]] == ["system", "user"]
    assert body["response_format"]["json_schema"]["schema"] == QUESTION.schema
    assert body["response_format"]["json_schema"]["strict"] is True
    assert (body["max_completion_tokens"], body["temperature"]) == (4096, 0.0)
    assert (reply.text, reply.model, reply.response_id, reply.rung) == (GOOD, "gpt-9-2026", "chatcmpl-1", "json_schema")
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (30, 9)
    assert (reply.usage.cache_read_tokens, reply.usage.reasoning_tokens) == (20, 4)


async def test_what_anthropic_is_asked_and_what_it_says() -> None:
    with serving(lambda _: message(data={"rationale": "r", "score": 0.5})) as server:
        model = server.claude()
        reply = await model.ask(QUESTION)
        found = await score(correctness, ROW, Judge(server.claude()))
        await model.aclose()
    asked = server.asked[0]
    assert (asked.path, asked.headers["x-api-key"], asked.headers["anthropic-version"]) == (MESSAGES, "k", "2023-06-01")
    body = asked.json
    assert "You judge what others wrote" in body["system"]
    assert [each["role"] for each in body["messages"]] == ["user"]
    assert body["tool_choice"] == {"type": "tool", "name": "score"}
    assert body["tools"][0]["input_schema"] == QUESTION.schema
    assert (reply.data, reply.rung) == ({"rationale": "r", "score": 0.5}, "tool")
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (30, 5)
    assert (found.value, found.rationale) == (0.5, "r")


@pytest.mark.parametrize("stop", [1, 2, 3])
async def test_a_way_that_a_server_does_not_know_is_tried_once(stop: int) -> None:
    ways = ["json_schema", "tool", "json_object", "text"]

    def say(body: Any) -> Any:
        if ways.index(rung(body)) < stop:
            return error(400, "this server cannot do that")
        if rung(body) == "tool":
            call = {"id": "c", "type": "function", "function": {"name": "score", "arguments": GOOD}}
            return completion(None, tool_calls=[call])
        return GOOD

    with serving(say) as server:
        judge = Judge(server.model(), cache="off")
        rows = [Row(input="q", output=str(number), expected="b") for number in range(8)]
        found = await asyncio.gather(*(correctness.score(row, services=Given(judge=judge)) for row in rows))
        await judge.aclose()
    assert [each.value for each in found] == [0.5] * 8
    asked = [rung(body) for body in server.bodies]
    assert asked == [*ways[:stop], *[ways[stop]] * 8]


async def test_a_server_error_that_names_the_form_is_no_reason_to_ask_for_it_again() -> None:
    def say(body: Any) -> Any:
        if rung(body) == "json_schema":
            return error(500, "Input should be 'text' or 'json_object' for response_format.type")
        return completion(None, tool_calls=[{"function": {"name": "score", "arguments": GOOD}}])

    with serving(say) as server:
        assert (await judged(Judge(server.model()))).value == 0.5
    assert [rung(body) for body in server.bodies] == ["json_schema", "tool"]


@pytest.mark.parametrize(
    ("complaint", "field", "provider"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported, use 'max_completion_tokens'", "max_tokens", None),
        ("Unrecognized request argument: max_completion_tokens", "max_completion_tokens", "openai"),
        ("Unsupported value: 'temperature' does not support 0 with this model", "temperature", None),
    ],
)
async def test_a_parameter_that_a_model_does_not_take_is_left_out(complaint: str, field: str, provider: Any) -> None:
    with serving(lambda body: error(400, complaint) if field in body else GOOD) as server:
        judge = Judge(server.model(provider=provider), cache="off")
        for _ in range(2):
            assert (await correctness.score(ROW, services=Given(judge=judge))).value == 0.5
        await judge.aclose()
    assert [field in body for body in server.bodies] == [True, False, False]
    assert {rung(body) for body in server.bodies} == {"json_schema"}


async def test_a_text_that_is_too_long_is_an_error_and_no_reason_to_ask_otherwise() -> None:
    with serving(lambda _: error(400, "This model's maximum context length is 8192 tokens")) as server:
        found = await judged(Judge(server.model()))
    assert (found.status, len(server.asked)) == (Status.PROVIDER_ERROR, 1)
    assert "maximum context length" in (found.rationale or "")


async def test_a_way_that_worked_is_not_given_up_for_a_complaint_about_something_else() -> None:
    replies = in_turn(GOOD, error(400, "no such thing"), GOOD)
    with serving(replies) as server:
        judge = Judge(server.model(), cache="off")
        found = [await correctness.score(ROW, services=Given(judge=judge)) for _ in range(3)]
        await judge.aclose()
    assert [each.status for each in found] == [Status.OK, Status.PROVIDER_ERROR, Status.OK]
    assert {rung(body) for body in server.bodies} == {"json_schema"}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (completion(None, refusal="I will not judge this."), Status.REFUSED),
        (
            {**completion("no"), "choices": [{"finish_reason": "content_filter", "message": {"content": ""}}]},
            Status.REFUSED,
        ),
        (answer({"error": {"message": "filtered", "code": "content_filter"}}, status=400), Status.REFUSED),
        (error(401, "no key"), Status.PROVIDER_ERROR),
        (error(404, "no such model"), Status.PROVIDER_ERROR),
        ({"id": "x"}, Status.PROVIDER_ERROR),
        ({"choices": []}, Status.PROVIDER_ERROR),
        ({"choices": {"a": 1}}, Status.PROVIDER_ERROR),
        ({"choices": [None]}, Status.PROVIDER_ERROR),
        ({"error": {"message": "overloaded"}}, Status.PROVIDER_ERROR),
        (Reply(body=b"<html>"), Status.PROVIDER_ERROR),
        (Reply(status=302, headers={"location": "http://example.invalid/"}), Status.PROVIDER_ERROR),
        (completion(None, tool_calls=[{"function": {"arguments": GOOD}}] * 2), Status.PARSE_ERROR),
    ],
)
async def test_what_is_no_verdict_has_a_status_of_its_own(said: Any, status: Status) -> None:
    with serving(lambda _: said) as server:
        found = await judged(Judge(server.model()))
    assert (found.status, found.value) == (status, None)
    assert found.rationale


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (message("", stop_reason="refusal"), Status.REFUSED),
        (message(data={"rationale": "r", "score": 97}), Status.OUT_OF_RANGE),
        (message(data={"rationale": "r"}), Status.PARSE_ERROR),
        ({"type": "error", "error": {"message": "overloaded"}}, Status.PROVIDER_ERROR),
        (error(401, "no key"), Status.PROVIDER_ERROR),
    ],
)
async def test_what_is_no_verdict_of_anthropics_has_one_too(said: Any, status: Status) -> None:
    with serving(lambda _: said) as server:
        found = await judged(Judge(server.claude()))
    assert (found.status, found.value) == (status, None)


async def test_a_reply_that_was_cut_says_so() -> None:
    cut = completion('{"rationale": "the answer is')
    cut["choices"][0]["finish_reason"] = "length"
    with serving(lambda _: cut) as server:
        found = await judged(Judge(server.model()))
    assert found.status is Status.PARSE_ERROR
    assert "cut at 4096 tokens" in (found.rationale or "")


async def test_one_repair_turn_quotes_what_was_wrong() -> None:
    with serving(in_turn('{"rationale": "r", "score": 97}', GOOD)) as server:
        found = await judged(Judge(server.model()))
    assert (found.value, found.judge_calls, found.details["flags"]) == (0.5, 2, {"repaired": 1})
    first, second = (body["messages"] for body in server.bodies)
    assert second[: len(first)] == first
    assert second[-2] == {"role": "assistant", "content": '{"rationale": "r", "score": 97}'}
    assert "97 is greater than the maximum of 1.0" in second[-1]["content"]


async def test_a_second_bad_reply_is_the_end() -> None:
    with serving(in_turn("", "prose", GOOD)) as server:
        found = await judged(Judge(server.model()))
    assert (found.status, found.value, len(server.asked)) == (Status.PARSE_ERROR, None, 2)
    assert server.bodies[1]["messages"][-2]["content"] == "(nothing)"


async def test_a_busy_server_is_waited_for_as_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await real(0.001)

    monkeypatch.setattr("tracekit.evals.judges.transport.asyncio.sleep", sleep)
    with serving(in_turn(error(503, "busy", retry_after="7"), error(529, "busy"), GOOD)) as server:
        found = await judged(Judge(server.model()))
    assert (found.value, len(server.asked)) == (0.5, 3)
    assert waited[0] == 7.0
    assert 0.01 <= waited[1] <= 0.02


async def test_a_server_that_stays_busy_or_wants_too_much_time_has_refused() -> None:
    with serving(lambda _: error(503, "busy")) as server:
        found = await judged(Judge(server.model()))
        assert (found.status, len(server.asked)) == (Status.PROVIDER_ERROR, QUICK.attempts)
    with serving(lambda _: error(429, "come back tomorrow", retry_after="86400")) as server:
        found = await judged(Judge(server.model()))
        assert (found.status, len(server.asked)) == (Status.PROVIDER_ERROR, 1)
    assert "86400" in (found.rationale or "")


async def test_a_server_that_is_not_there_is_named() -> None:
    with serving(lambda _: GOOD) as server:
        url = f"{server.url}/v1"
    model = openai_compatible("m", base_url=url, patience=Patience(attempts=2, backoff=0.001))
    found = await judged(Judge(model))
    assert found.status is Status.PROVIDER_ERROR
    assert url in (found.rationale or "")


async def test_a_judge_that_takes_too_long_is_not_asked_again() -> None:
    held = threading.Event()

    def say(_: Any) -> Reply:
        return Reply(body=GOOD.encode(), hold=held)

    with serving(say) as server:
        found = await judged(Judge(server.model(patience=Patience(timeout=1.0))))
        held.set()
    assert (found.status, found.value, len(server.asked)) == (Status.TIMEOUT, None, 1)
    assert "1 s" in (found.rationale or "")


async def test_a_function_that_takes_too_long_too() -> None:
    async def slow(_: Question) -> float:
        await asyncio.Event().wait()
        return 1.0

    assert (await judged(Judge(slow, timeout=0.05))).status is Status.TIMEOUT


async def test_one_judge_serves_one_event_loop_after_another() -> None:
    with serving(lambda _: GOOD) as server:
        judge = Judge(server.model(), cache="off")
        here = await judged(judge)
        there = await asyncio.to_thread(lambda: asyncio.run(judged(judge)))
    assert (here.value, there.value) == (0.5, 0.5)


async def test_a_server_that_ignores_the_form_is_read_all_the_same() -> None:
    with serving(lambda _: '{"label": "same"}') as server:
        assert (await score(equivalence, ROW, Judge(server.model()))).value == 1.0


def test_an_undecided_error_says_its_status() -> None:
    assert UndecidedError(Status.TIMEOUT, "late").status is Status.TIMEOUT
