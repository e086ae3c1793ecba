"""Guardrails with the openai client beneath it: what is recorded of guards, and that they notice nothing."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from guardrails import AsyncGuard, Guard
from guardrails.errors import ValidationError
from guardrails.settings import settings
from guardrails.validators import FailResult, PassResult, Validator, register_validator
from opentelemetry import context as otel

import tracekit
from tests.clients.agents import USED, queue, says, streams
from tests.support.faults import harm
from tests.support.provider import Provider, answer
from tests.support.traced import Traced
from tracekit import semconv
from tracekit_integrations import guardrails as ours

FILES = set(Path(ours.__file__).parent.glob("*guardrails*.py"))
pytestmark = [
    pytest.mark.filterwarnings("ignore:The default value of 0 for temperature:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Items? .* using the `ReadOnly`:UserWarning"),  # litellm's own types
]
OUTCOME = f"{semconv.METADATA_PREFIX}outcome"
ASK: Any = [{"role": "user", "content": "Say it."}]
CALL = ("chat ArbitraryCallable", ["chat gpt-9"])


@register_validator(name="mine/short", data_type="string")  # type: ignore[misc]
class Short(Validator):
    def _validate(self, value: Any, metadata: dict[str, Any]) -> Any:
        with tracekit.span("looked at"):
            pass
        if len(value) < 6:
            return PassResult()
        return FailResult(error_message=f"{value!r} is long", fix_value=value[:5])


def guard_of(on_fail: str, *, kind: Any = Guard, **options: Any) -> Any:
    made = kind(**options).use(Short(on_fail=on_fail))
    made.configure(allow_metrics_collection=False)  # there is nobody to send them to
    return made


Api = Callable[..., Any]


def api_of(client: openai.OpenAI, *, stream: bool = False) -> Api:
    def api(*_: Any, messages: Any = None, **__: Any) -> Any:
        said: Any = [{"role": message["role"], "content": str(message["content"])} for message in messages]
        if stream:
            return client.chat.completions.create(model="gpt-9", messages=said, stream=True)
        return client.chat.completions.create(model="gpt-9", messages=said).choices[0].message.content

    return api


@pytest.fixture
def client(provider: Provider) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made


def test_a_guard_that_asks_again(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, says("much too long"), says("ok"))
    with tracekit.context(session_id="s1"):
        outcome = guard_of("reask", name="short")(api_of(client), messages=ASK)
    assert (outcome.validated_output, outcome.validation_passed) == ("ok", True)
    tries = [(name, [CALL, ("mine/short", ["looked at"])]) for name in ("attempt", "reask 1")]
    assert traced.tree == [("guard short", tries)]
    assert {span.attributes[semconv.SESSION_ID] for span in traced.spans} == {"s1"}
    said = traced.said("guard short")
    assert (said[semconv.KIND], said[OUTCOME]) == ("guardrail", "pass")
    assert said[semconv.INPUT] == ASK
    assert said[semconv.OUTPUT] == {"validation_passed": True, "validated_output": "ok"}
    assert [traced.said(name)[OUTCOME] for name in ("attempt", "reask 1")] == ["fail", "pass"]
    first = next(span.attributes for span in traced.spans if span.name == "mine/short")
    assert (first[semconv.KIND], first[OUTCOME]) == ("guardrail", "fail")
    assert first[semconv.INPUT] == "much too long"
    assert first[f"{semconv.METADATA_PREFIX}on_fail"] == "reask"
    assert first[semconv.OUTPUT] == {"error_message": "'much too long' is long", "fix_value": "much "}
    assert traced.counted == (2 * USED[0], 2 * USED[1])


def test_a_verdict_without_a_call(traced: Traced) -> None:
    outcome = guard_of("noop").validate("much too long")
    assert outcome.validation_passed is False
    assert traced.tree == [("guard", [("attempt", [("mine/short", ["looked at"])])])]
    said = traced.said("guard")
    assert (said[semconv.INPUT], said[OUTCOME]) == ("much too long", "fail")
    reason = {"validator_name": "Short", "property_path": "$", "failure_reason": "'much too long' is long"}
    assert said[semconv.OUTPUT]["reasons"] == [reason]


def test_a_guard_that_raises(traced: Traced) -> None:
    def run() -> str:
        with pytest.raises(ValidationError) as caught:
            guard_of("exception").parse("much too long")
        return str(caught.value)

    seen = run()
    assert traced.said("guard")[semconv.ERROR_TYPE] == "guardrails.errors.ValidationError"
    assert traced.one("guard").status_code == 2
    assert traced.said("mine/short")[OUTCOME] == "fail"
    tracekit.uninstrument()
    assert run() == seen


def test_the_models_error_is_its_own(provider: Provider, client: Any, traced: Traced) -> None:
    def run() -> tuple[type[Exception], str]:
        queue(provider, answer({"error": {"message": "no such model"}}, status=404))
        with pytest.raises(Exception, match="no such model") as caught:
            guard_of("noop")(api_of(client), messages=ASK)
        return caught.type, str(caught.value)

    seen = run()
    assert {span.status_code for span in traced.spans} == {2}
    tracekit.uninstrument()
    assert run() == seen


def test_a_stream(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, streams("we", "t."))
    outcomes = guard_of("noop")(api_of(client, stream=True), messages=ASK, stream=True)
    assert type(outcomes).__name__ == "generator"
    seen: list[Any] = []
    for outcome in outcomes:
        seen.append(outcome.validated_output)
        assert not otel.get_current()
    assert "".join(seen) == "wet."
    said = traced.said("guard")
    assert (said[OUTCOME], said[semconv.OUTPUT]["validated_output"]) == ("pass", "wet.")
    assert traced.counted == USED


def test_a_stream_that_is_left(provider: Provider, client: Any, traced: Traced) -> None:
    queue(provider, streams("we", "t."))
    outcomes = guard_of("noop")(api_of(client, stream=True), messages=ASK, stream=True)
    next(outcomes)
    outcomes.close()
    assert traced.outcomes["guard"] == traced.outcomes["attempt"] == "abandoned"
    del outcomes
    gc.collect()  # guardrails closes no stream of the client's: that one ends when nobody holds it


async def _asked(provider: Provider, count: int) -> list[Any]:
    async with openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0) as client:

        async def api(*_: Any, messages: Any = None, **__: Any) -> Any:
            said: Any = [{"role": message["role"], "content": str(message["content"])} for message in messages]
            reply = await client.chat.completions.create(model="gpt-9", messages=said)
            return reply.choices[0].message.content

        guards = [guard_of("noop", kind=AsyncGuard) for _ in range(count)]
        return await asyncio.gather(*(guard(api, messages=ASK) for guard in guards))


async def test_async_guards_at_once_keep_apart(provider: Provider, traced: Traced) -> None:
    queue(provider, *(says("ok") for _ in range(4)))
    assert [outcome.validated_output for outcome in await _asked(provider, 4)] == ["ok"] * 4
    call = ("chat AsyncArbitraryCallable", ["chat gpt-9"])
    assert traced.tree == [("guard", [("attempt", [call, ("mine/short", ["looked at"])])])] * 4
    assert len(traced.traces) == 4
    assert (await guard_of("noop", kind=AsyncGuard).validate("ok")).validation_passed is True


def test_a_model_by_name_and_no_key_on_any_span(provider: Provider, traced: Traced) -> None:
    queue(provider, says("ok"))
    options = {"model": "openai/gpt-9", "api_base": f"{provider.url}/v1", "api_key": "a-secret", "temperature": 0.5}
    assert guard_of("noop")(messages=ASK, **options).validated_output == "ok"
    said = traced.said("chat openai/gpt-9")
    assert (said[semconv.REQUEST_MODEL], said[semconv.REQUEST_TEMPERATURE]) == ("openai/gpt-9", 0.5)
    assert said[semconv.INPUT_MESSAGES] == [{"role": "user", "parts": [{"type": "text", "content": "Say it."}]}]
    assert not any("a-secret" in str(span.attributes) for span in traced.spans)
    assert traced.counted == USED


def test_its_own_settings_and_spans_stay_with_the_program(traced: Traced) -> None:
    from guardrails.telemetry import guard_tracing

    guard_of("noop").validate("ok")
    assert settings.disable_tracing is None
    assert {span.scope_name for span in traced.spans} == {semconv.SCOPE}
    tracekit.uninstrument()
    assert guard_tracing.settings is settings


def program() -> list[Any]:
    """Something of everything; gives all that it sees of it."""
    with Provider() as provider, openai.OpenAI(base_url=f"{provider.url}/v1", api_key="n", max_retries=0) as client:
        queue(provider, says("much too long"), says("ok"), streams("we", "t."), says("ok"))
        seen: list[Any] = [guard_of("reask", name="short")(api_of(client), messages=ASK).validated_output]
        outcomes = guard_of("noop")(api_of(client, stream=True), messages=ASK, stream=True)
        seen.append([outcome.validated_output for outcome in outcomes])
        named = guard_of("noop")(messages=ASK, model="openai/gpt-9", api_base=f"{provider.url}/v1", api_key="n")
        seen.append(named.validated_output)
    seen.append(guard_of("noop").validate("much too long").validation_passed)
    try:
        guard_of("exception").parse("much too long")
    except ValidationError as error:
        seen.append(str(error))
    return seen


def test_no_line_of_the_integration_can_hurt_a_program(data_dir: Path) -> None:
    assert harm(FILES, program, data_dir, at_import=("module, _, attribute", "return Target(")) == []
