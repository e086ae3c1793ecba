"""What a process tells of its own tracing: clients and their points, calls that left no span, and what it cost."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.resources.chat.completions.completions import Completions

import tracekit
from tests.support.exchanges import CHAT, HI, SAID
from tests.support.provider import Provider, answer, events
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.errors import UsageError
from tracekit.journal import records
from tracekit.sdk import guard, registry
from tracekit.sdk.cost import Cost
from tracekit.sdk.runtime import runtime


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        yield server


@pytest.fixture
def client(provider: Provider) -> Iterator[openai.OpenAI]:
    plain = openai.DefaultHttpxClient(verify=False)  # no CA files to load
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0, http_client=plain) as made:
        yield made


@pytest.fixture(autouse=True)
def no_faults_yet() -> None:
    """A process tells of all its faults: not of those that other tests have put in."""
    guard._counts.clear()
    guard._last.clear()


def ask(client: openai.OpenAI, provider: Provider, **options: Any) -> Any:
    provider.queue(CHAT, answer(SAID))
    return client.chat.completions.create(model="gpt-9", messages=HI, **options)  # type: ignore[arg-type]


def rows(view: str) -> list[dict[str, Any]]:
    return tracekit.connect().sql(f"SELECT * FROM {view}").dicts()


def test_a_process_tells_of_its_clients_and_of_its_cost(provider: Provider, client: openai.OpenAI) -> None:
    tracekit.autolog()
    ask(client, provider)
    provider.queue(CHAT, answer({"error": {"message": "no"}}, status=429))
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="gpt-9", messages=HI)  # type: ignore[arg-type]
    tracekit.uninstrument()
    [row] = [row for row in rows("health") if row["client"] == "openai"]
    assert (row["version"], row["supported"], row["missing"]) == (openai.__version__, ">=2,<4", [])
    assert (row["calls"], row["requests"], row["unseen"], row["unseen_functions"]) == (2, 2, 0, [])
    assert "openai.resources.chat.completions.completions.Completions.create" in row["patched"]
    [process] = rows("processes")
    assert (process["pid"], process["calls"], process["shed"], process["other_requests"]) == (os.getpid(), 2, 0, 0)
    assert 0 < process["overhead_mean_ms"] <= process["overhead_p99_ms"] * 1.01
    assert process["overhead_total_ms"] == pytest.approx(2 * process["overhead_mean_ms"])
    assert 0 < process["overhead_share"] < 1
    assert json.loads(process["faults"]) == {}


def test_nothing_is_told_of_a_program_that_calls_no_model(data_dir: Path) -> None:
    tracekit.autolog()
    with tracekit.span("work"):
        pass
    tracekit.uninstrument()
    assert [frame.kind for frame in journaled(data_dir).frames] == [b"H", b"R", b"S", b"E", b"Z"]


@pytest.fixture
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the client whose method has another name."""
    monkeypatch.setattr(Completions, "produce", Completions.create, raising=False)
    monkeypatch.delattr(Completions, "create")


@pytest.mark.usefixtures("renamed")
def test_a_renamed_method_is_reported_on_the_first_call_by_name(
    provider: Provider, client: openai.OpenAI, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = "openai.resources.chat.completions.completions.Completions.create"
    tracekit.autolog()
    made: Any = client.chat.completions
    for number in range(3):
        provider.queue(CHAT, answer(SAID))
        assert made.produce(model="gpt-9", messages=HI).id == "c1"
        [line] = [line for line in capsys.readouterr().err.splitlines() if "no span was made" in line] or [""]
        assert (place in line) is (number == 0)
    written = [frame for frame in journaled(data_dir).frames if frame.kind == records.HEALTH]
    assert len(written) == 1  # at once, should the process be killed
    tracekit.uninstrument()
    [row] = [row for row in rows("health") if row["client"] == "openai"]
    assert row["missing"] == [place]
    assert (row["calls"], row["requests"], row["unseen"], row["unseen_functions"]) == (0, 3, 3, [place])


def test_what_is_left_out_or_nobodys_is_no_clients_failure(
    provider: Provider, client: openai.OpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    tracekit.autolog(exclude=["openai"])
    ask(client, provider)
    provider.queue(CHAT, answer(SAID), method="GET")
    provider.queue("/v1/files", answer({}))
    with httpx.Client(verify=False) as plain:
        assert plain.get(provider.url + CHAT).status_code == 200
        assert plain.post(f"{provider.url}/v1/files").status_code == 200
    assert registry.others.total() == 1
    tracekit.uninstrument()
    assert capsys.readouterr().err == ""
    assert registry.others == {}


def test_over_the_budget_content_is_left_out_and_nothing_else(
    provider: Provider, client: openai.OpenAI, data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("TRACEKIT_OVERHEAD_BUDGET", "0")
    tracekit.autolog()
    ask(client, provider)
    chunks = [{"id": "c1", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}]
    provider.queue(CHAT, events(chunks))
    list(client.chat.completions.create(model="gpt-9", messages=HI, stream=True))  # type: ignore[call-overload]
    tracekit.uninstrument()
    first, second = journaled(data_dir).ended
    for span in (first, second):
        assert span.attributes[semconv.CONTENT_SHED] == "overhead_budget"
        assert semconv.OUTPUT_MESSAGES not in span.attributes
        assert span.attributes[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert semconv.INPUT_MESSAGES in first.attributes  # encoded before anything had been measured
    assert semconv.INPUT_MESSAGES not in second.attributes
    assert first.attributes[semconv.USAGE_INPUT_TOKENS] == 7
    assert capsys.readouterr().err.count("overhead_budget") == 1
    assert rows("processes")[0]["shed"] == 2


def test_a_budget_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEKIT_OVERHEAD_BUDGET", "much")
    with pytest.raises(UsageError, match="overhead_budget: 'much'"):
        tracekit.autolog()
    tracekit.uninstrument()


def test_cost_is_summed_up_and_ranked() -> None:
    cost = Cost(budget=0.010)
    assert cost.report() == {
        "calls": 0, "shed": 0, "total_ms": 0, "mean_ms": None, "p99_ms": None, "share": None, "budget_ms": 10
    }  # fmt: skip
    for own in (*[0.001] * 98, 0.004, 0.004):
        cost.add(own, 1.0)
    report = cost.report()
    assert report["mean_ms"] == pytest.approx(1.06)
    assert 4 <= report["p99_ms"] <= 4 * 2 ** (1 / 8)
    assert report["share"] == pytest.approx(0.00106)
    assert not cost.over
    for _ in range(40):
        cost.add(0.02, 1.0)
    assert cost.over
    for _ in range(40):
        cost.add(0.001, 1.0)
    assert not cost.over
    assert math.isinf(Cost().budget)


def test_a_forked_child_counts_anew(provider: Provider, client: openai.OpenAI) -> None:
    tracekit.autolog()
    ask(client, provider)
    child = os.fork()
    if child == 0:
        code = 0 if registry.installed["openai"].health.requests == runtime.cost.calls == 0 else 1
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert registry.installed["openai"].health.requests == 1
    tracekit.uninstrument()


def test_it_is_told_while_the_program_runs(provider: Provider, client: openai.OpenAI, data_dir: Path) -> None:
    tracekit.autolog()
    ask(client, provider)
    assert all(frame.kind != records.HEALTH for frame in journaled(data_dir).frames)
    runtime.health_due = 0.0
    ask(client, provider)
    ask(client, provider)
    [frame] = [frame for frame in journaled(data_dir).frames if frame.kind == records.HEALTH]
    assert records.load(frame.payload)["cost"]["calls"] == 2
    tracekit.uninstrument()
    assert rows("processes")[0]["calls"] == 3
