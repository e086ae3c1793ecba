"""Patching and recording, on a small client of our own: a module with the shapes that real ones have."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import wrapt
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.trace import get_current_span

import tracekit
from tests.support.recorded import journaled
from tracekit.model import Call, Invocation, Response, Usage
from tracekit.sdk import guard, registry
from tracekit.sdk.integration import Hook, Integration, Method, Target
from tracekit.sdk.runtime import runtime

CLIENT = """
from typing_extensions import deprecated

class Base:
    def ask(self, question, fail=None):
        if fail:
            raise fail
        return {"answer": question.upper(), "tokens": 3}

class Client(Base):
    def ask_twice(self, question):
        return [self.ask(question), self.ask(question)]

    async def ask_later(self, question):
        return self.ask(question)

    @deprecated("ask somebody else")
    def ask_in_the_old_way(self, question):
        return self.ask(question)

    def current(self, question):
        from opentelemetry.trace import get_current_span
        return get_current_span()

def ask(question):
    return question
"""


def request(call: Call) -> Invocation:
    return Invocation(
        operation="chat",
        provider="oracle",
        request_model="delphi",
        input_messages=[{"role": "user", "parts": [{"type": "text", "content": call.args[0]}]}],
    )


def response(reply: Any) -> Response:
    return Response(response_model="delphi-2", usage=Usage(input_tokens=reply["tokens"], output_tokens=0))


ASK = Method(request=request, response=response)
BARE = Method(request=request, response=lambda _reply: Response())


def integration(module: str, **methods: Method) -> Integration:
    names = {
        "Client.ask": ASK,
        "Client.ask_twice": BARE,
        "Client.current": BARE,
        "Client.gone": ASK,
        "Client.ask_in_the_old_way": ASK,
        **methods,
    }
    targets = [Target(module=module, attribute=name, method=method) for name, method in names.items()]
    targets.append(Target(module=module, attribute="Client.ask_later", method=ASK, is_async=True))
    return Integration(name=module, package=module, distribution=module, versions=">=1", targets=tuple(targets))


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    name = f"oracle_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(textwrap.dedent(CLIENT))
    monkeypatch.syspath_prepend(tmp_path)
    tracekit.autolog(instrument=[])
    yield importlib.import_module(name)
    tracekit.uninstrument()
    sys.modules.pop(name, None)


def test_a_call_is_one_span_with_what_went_in_and_came_out(client: ModuleType, data_dir: Path):
    registry.instrumentor(integration(client.__name__))().instrument()
    assert client.Client().ask("why") == {"answer": "WHY", "tokens": 3}
    span = journaled(data_dir).one("chat delphi")
    assert span.kind == 3
    assert span.attributes["gen_ai.provider.name"] == "oracle"
    assert span.attributes["gen_ai.response.model"] == "delphi-2"
    assert span.attributes["gen_ai.usage.input_tokens"] == 3
    assert span.attributes["gen_ai.usage.output_tokens"] == 0
    assert span.attributes["gen_ai.input.messages"][0]["parts"][0]["content"] == "why"


def test_the_callers_exception_is_its_own(client: ModuleType, data_dir: Path):
    registry.instrumentor(integration(client.__name__))().instrument()
    error = ConnectionError("no road to Delphi")
    with pytest.raises(ConnectionError) as caught:
        client.Client().ask("why", fail=error)
    assert caught.value is error
    span = journaled(data_dir).one("chat delphi")
    assert (span.status_code, span.status_message) == (2, "no road to Delphi")
    assert span.attributes["error.type"] == "ConnectionError"


def test_the_span_is_current_inside_the_call_and_not_after(client: ModuleType, data_dir: Path):
    registry.instrumentor(integration(client.__name__))().instrument()
    inside = client.Client().current("x")
    assert format(inside.get_span_context().span_id, "016x") == journaled(data_dir).ended[0].span_id
    assert not get_current_span().get_span_context().is_valid


def test_calls_that_a_recorded_call_makes_of_its_own_client_are_not_counted_again(client: ModuleType, data_dir: Path):
    registry.instrumentor(integration(client.__name__))().instrument()
    assert len(client.Client().ask_twice("why")) == 2
    assert asyncio.run(client.Client().ask_later("why")) == {"answer": "WHY", "tokens": 3}
    assert journaled(data_dir).names == ["chat delphi"] * 2


def test_instrument_before_import(client: ModuleType, data_dir: Path):
    name = client.__name__
    del sys.modules[name]
    registry.instrumentor(integration(name))().instrument()
    fresh = importlib.import_module(name)
    assert fresh is not client
    fresh.Client().ask("why")
    assert journaled(data_dir).names == ["chat delphi"]


def test_uninstrument_restores_exactly_even_what_was_inherited(client: ModuleType):
    before = (dict(vars(client.Client)), dict(vars(client.Base)))
    instrumentor = registry.instrumentor(integration(client.__name__))()
    instrumentor.instrument()
    instrumentor.instrument()
    assert vars(client.Client).keys() != before[0].keys()
    instrumentor.uninstrument()
    assert (dict(vars(client.Client)), dict(vars(client.Base))) == before


def test_a_wrapper_that_another_lies_over_lets_calls_through(client: ModuleType, data_dir: Path):
    instrumentor = registry.instrumentor(integration(client.__name__))()
    instrumentor.instrument()
    over = wrapt.FunctionWrapper(vars(client.Client)["ask"], lambda wrapped, _i, args, kwargs: wrapped(*args, **kwargs))
    client.Client.ask = over
    instrumentor.uninstrument()
    assert vars(client.Client)["ask"] is over
    assert client.Client().ask("why")["tokens"] == 3
    assert journaled(data_dir).frames == []


def test_health_names_what_is_missing(client: ModuleType):
    registry.instrumentor(integration(client.__name__))().instrument()
    health = registry.installed[client.__name__].health
    assert health.missing == [f"{client.__name__}.Client.gone"]
    client.Client().ask("why")
    assert health.calls == {"Client.ask": 1}


@pytest.mark.parametrize("place", ["request", "response"])
def test_a_fault_of_ours_is_counted_and_the_call_untouched(client: ModuleType, place: str, capsys, data_dir: Path):
    def broken(_value: Any) -> Any:
        raise LookupError("ours")

    made = {"request": request, "response": response, place: broken}
    registry.instrumentor(integration(client.__name__, **{"Client.ask": Method(**made)}))().instrument()
    before = sum(count for count, _ in guard.faults().values())
    assert client.Client().ask("why") == {"answer": "WHY", "tokens": 3}
    assert client.Client().ask("why") == {"answer": "WHY", "tokens": 3}
    assert sum(count for count, _ in guard.faults().values()) == before + 2
    assert capsys.readouterr().err.count("\n") <= 1
    assert journaled(data_dir).names == (["chat delphi"] * 2 if place == "response" else [])


def test_metrics_of_the_conventions(client: ModuleType, monkeypatch: pytest.MonkeyPatch):
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr(metrics, "get_meter", provider.get_meter)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    monkeypatch.setattr(runtime, "_instruments", None)
    registry.instrumentor(integration(client.__name__))().instrument()
    client.Client().ask("why")
    data = reader.get_metrics_data()
    assert data is not None
    points = {
        metric.name: [(dict(point.attributes), point.sum) for point in metric.data.data_points]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    labels = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "oracle",
        "gen_ai.request.model": "delphi",
        "gen_ai.response.model": "delphi-2",
    }
    assert points["gen_ai.client.operation.duration"][0][0] == labels
    assert points["gen_ai.client.token.usage"] == [
        ({**labels, "gen_ai.token.type": "input"}, 3),
        ({**labels, "gen_ai.token.type": "output"}, 0),
    ]
    provider.shutdown()
    monkeypatch.undo()


def test_the_event_with_content_where_the_variable_asks_for_it(client: ModuleType, monkeypatch: pytest.MonkeyPatch):
    seen: list[Any] = []
    logger = SimpleNamespace(emit=lambda **record: seen.append(record))
    monkeypatch.setattr(runtime, "_logger", logger)
    monkeypatch.setattr(runtime, "capture", type(runtime.capture)(journal=True, spans=False, events=True))
    registry.instrumentor(integration(client.__name__))().instrument()
    client.Client().ask("why")
    (record,) = seen
    assert record["event_name"] == "gen_ai.client.inference.operation.details"
    assert '"why"' in record["attributes"]["gen_ai.input.messages"]
    assert record["attributes"]["gen_ai.usage.input_tokens"] == 3


def test_a_deprecated_method_still_warns_at_the_callers_line(client: ModuleType, data_dir: Path):
    registry.instrumentor(integration(client.__name__))().instrument()
    with pytest.warns(DeprecationWarning, match="ask somebody else") as warned:
        client.Client().ask_in_the_old_way("why")
    assert warned[0].filename == __file__
    assert journaled(data_dir).names == ["chat delphi"]


def test_an_error_that_raises_nothing_is_an_error_all_the_same(client: ModuleType, data_dir: Path):
    failed = Method(request=request, response=lambda _reply: Response(attributes={"error.type": "overloaded"}))
    registry.instrumentor(integration(client.__name__, **{"Client.ask": failed}))().instrument()
    client.Client().ask("why")
    span = journaled(data_dir).one("chat delphi")
    assert (span.status_code, span.attributes["error.type"]) == (2, "overloaded")


def test_a_class_in_two_places_is_hooked_once(client: ModuleType):
    heard: list[Any] = []

    def hear(wrapped: Any, _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        heard.extend(args)
        return wrapped(*args, **kwargs)

    client.OtherName = client.Client
    names = ("Client.ask", "OtherName.ask")
    hooks = tuple(Hook(module=client.__name__, attribute=name, wrapper=hear) for name in names)
    before = vars(client.Client).get("ask")
    name = client.__name__
    watching = Integration(name=name, package=name, distribution=name, versions=">=1", targets=(), hooks=hooks)
    instrumentor = registry.instrumentor(watching)()
    instrumentor.instrument()
    client.Client().ask("why")
    assert heard == ["why"]
    instrumentor.uninstrument()
    assert vars(client.Client).get("ask") is before


def test_the_package_of_each_integration_is_known_without_loading_it() -> None:
    points = registry.available()
    known = {name: importlib.import_module(point.module).integration for name, point in points.items()}
    generic = {name for name, integration in known.items() if integration.generic}
    assert generic == {"http"}
    assert {name: registry.package_of(name) for name in points.keys() - generic} == {
        name: integration.package for name, integration in known.items() if name not in generic
    }


def test_an_integration_is_loaded_when_its_client_can_be_imported_and_not_before(tmp_path: Path) -> None:
    (tmp_path / "lancedb.py").write_text("")
    program = f"""
import sys
import tracekit
from tracekit.sdk import registry

tracekit.autolog(exclude=["pinecone"])
assert "lancedb" not in registry.installed and "tracekit_integrations.lancedb" not in sys.modules
assert "tracekit_integrations.openai" in sys.modules
sys.path.insert(0, {str(tmp_path)!r})
import lancedb
assert "lancedb" in registry.installed
tracekit.uninstrument()
assert not registry.installed
del sys.modules["lancedb"]
import lancedb
assert not registry.installed
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
