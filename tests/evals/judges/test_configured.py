from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.evals.judges.scripted import Given, message, serving
from tests.evals.judges.test_served import GOOD
from tests.support.provider import answer
from tracekit.errors import UsageError
from tracekit.evals.judges import FunctionJudge, Judge, embedder_of, judge_of
from tracekit.evals.judges.configured import PROVIDERS, model_of
from tracekit.evals.judges.ladder import ServedModel
from tracekit.evals.metrics.judge_general import correctness
from tracekit.evals.row import Row

ROW = Row(input="q", output="a", expected="b")
CHECKS = '''
class Strict:
    """An object that can be asked."""

    name = "strict"

    async def ask(self, question):
        from tracekit.evals.judges import Reply

        return Reply(data={"score": 0.1})


strict = Strict()


def mild(question):
    return {"rationale": "fine", "score": 0.9}


def vectors(texts):
    return [[1.0, float(len(text))] for text in texts]
'''


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in PROVIDERS.values():
        for name in (provider.key, provider.address):
            if name:
                monkeypatch.delenv(name, raising=False)


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "judge_checks.py").write_text(CHECKS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "judge_checks", raising=False)


async def value(judge: Judge | None) -> float | None:
    assert judge is not None
    found = await correctness.score(ROW, services=Given(judge=judge))
    await judge.aclose()
    return found.value


def test_where_nobody_names_one_there_is_none() -> None:
    assert judge_of() is None
    assert embedder_of() is None


async def test_a_url_and_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not for others")
    with serving(lambda _: GOOD) as server:
        judge = judge_of(f"{server.url}/v1#qwen#3")
        assert await value(judge) == 0.5
        assert judge is not None
        assert judge.name == "qwen#3"
        monkeypatch.setenv("TRACEKIT_JUDGE_KEY", "for this one")
        await value(judge_of(f"{server.url}/v1/#other"))
    assert [asked.path for asked in server.asked] == ["/v1/chat/completions"] * 2
    assert server.bodies[0]["model"] == "qwen#3"
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, "Bearer for this one"]


async def test_a_provider_by_name_with_its_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: GOOD) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "its own")
        assert await value(judge_of("openai:gpt-5-mini")) == 0.5
    assert server.asked[0].headers["authorization"] == "Bearer its own"
    assert server.bodies[0]["max_completion_tokens"]


async def test_anthropic_by_name_at_an_address_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: message(data={"rationale": "r", "score": 0.5})) as server:
        monkeypatch.setenv("TRACEKIT_JUDGE", "anthropic:claude-9")
        monkeypatch.setenv("TRACEKIT_JUDGE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "its own")
        assert await value(judge_of()) == 0.5
    assert server.asked[0].headers["x-api-key"] == "its own"


def test_providers_have_their_own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, provider in PROVIDERS.items():
        if provider.key:
            with pytest.raises(UsageError, match=provider.key):
                model_of(f"{name}:m")
            monkeypatch.setenv(provider.key, "k")
        model = model_of(f"{name}:m")
        assert isinstance(model, ServedModel)
        assert model.transport.base_url == provider.base_url


@pytest.mark.usefixtures("checks")
async def test_functions_objects_and_panels_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await value(judge_of("judge_checks:mild")) == 0.9
    assert await value(judge_of("judge_checks:strict")) == 0.1
    assert await value(judge_of("judge_checks:Strict")) == 0.1
    panel = judge_of(["judge_checks:mild", "judge_checks:strict"], samples=2)
    assert panel is not None
    assert panel.name == "judge_checks:mild + strict x 2"
    assert await value(panel) == pytest.approx(0.5)
    monkeypatch.setenv("TRACEKIT_JUDGE", "judge_checks:mild, judge_checks:strict")
    monkeypatch.setenv("TRACEKIT_JUDGE_SAMPLES", "3")
    configured = judge_of()
    assert configured is not None
    assert configured.samples == 3
    assert embedder_of("judge_checks:vectors")(["abc"]) == [[1.0, 3.0]]


@pytest.mark.usefixtures("checks")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gpt-5-mini", "cannot be read"),
        ("openai:", "cannot be read"),
        ("http://127.0.0.1:1/v1", "names no model"),
        ("nosuchmodule:judge", "No module named"),
        ("judge_checks:absent", "absent"),
        ("judge_checks:CHECKS", "CHECKS"),
    ],
)
def test_what_names_no_judge_says_what_does(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        judge_of(name)


def test_a_judge_is_itself() -> None:
    judge = Judge(FunctionJudge(lambda _: 0.5))
    assert judge_of(judge) is judge


def test_settings_that_are_none_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEKIT_JUDGE", "http://127.0.0.1:1/v1#m")
    monkeypatch.setenv("TRACEKIT_JUDGE_TIMEOUT", "soon")
    with pytest.raises(UsageError, match="judge_timeout"):
        judge_of()


def embeddings(*vectors: Any, **fields: Any) -> Any:
    return {"data": [{"index": place, "embedding": vector} for place, vector in enumerate(vectors)], **fields}


async def test_embeddings_come_in_order_and_in_batches() -> None:
    def say(body: Any) -> Any:
        found = embeddings(*([float(len(text)), 1.0] for text in body["input"]))
        found["data"].reverse()
        return found

    with serving(say) as server:
        embedder = embedder_of(f"{server.url}/v1#minilm")
        texts = ["x" * number for number in range(1, 301)]
        found = await embedder.embed(texts)
        assert await embedder.embed([]) == []
        await embedder.aclose()
    assert found == [[float(number), 1.0] for number in range(1, 301)]
    assert sorted(len(body["input"]) for body in server.bodies) == [44, 128, 128]
    assert {asked.path for asked in server.asked} == {"/v1/embeddings"}


@pytest.mark.parametrize(
    "said",
    [
        embeddings([1.0]),
        embeddings([1.0], [], [1.0]),
        embeddings([1.0], ["x"]),
        embeddings([1.0], [float("nan")]),
        {"data": [{"embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]},
        {"data": [1, 2]},
        {},
        answer({"error": {"message": "no such model"}}, status=404),
    ],
)
async def test_what_is_no_vector_for_each_text_is_an_error(said: Any) -> None:
    with serving(lambda _: said) as server:
        embedder = embedder_of(f"{server.url}/v1#minilm")
        with pytest.raises(Exception, match="the embedder minilm"):
            await embedder.embed(["a", "b"])
        await embedder.aclose()


def test_judges_load_nothing_before_they_are_asked() -> None:
    code = (
        "import sys, tracekit.evals.judges, tracekit.evals.judges.configured, tracekit.evals.metrics.judge_rag;"
        "heavy = {'httpx2', 'jsonschema', 'scipy', 'numpy', 'duckdb', 'genai_prices', 'pydantic'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
