"""A fault at every line of every integration, one at a time: the caller does not notice, and it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

import anthropic
import openai
import pytest

import tracekit
import tracekit_integrations
from tests.integrations.scenarios import SCENARIOS, Scenario, Stage, stage
from tests.support.faults import STEP, Place, faults, lines_of, passed, with_fault_at
from tests.support.recorded import journaled
from tracekit_integrations import _request

FOLDER = Path(tracekit_integrations.__file__).parent
INTEGRATIONS = (
    "openai",
    "anthropic",
    "google",
    "mistral",
    "ollama",
    "cohere",
    "groq",
    "together",
    "bedrock",
    "botocore",
)
SHARED = ("parts", "request", "values")
"""Those whose scenarios are here, and what all of them stand on; the others have a program of their own."""
ELSEWHERE = ("openai_agents", "google_adk")
"""Named like the clients that they stand on, and tested with their own."""
FILES = [
    file
    for name in (*INTEGRATIONS, *SHARED)
    for file in (*FOLDER.glob(f"{name}*.py"), *FOLDER.glob(f"_{name}*.py"))
    if not file.stem.lstrip("_").startswith(ELSEWHERE)
]
OF_OTHERS = {
    "return _reply(list(map(_body, items(reply))))",
    "return reply",
    "return {**dict(zip(names, args, strict=False)), **kwargs}",
}
"""Lines of theirs that only clients with environments of their own pass: those that are read off the wire by `http`."""


def outcome(scenario: Scenario, on: Stage) -> Any:
    """What a program sees of a scenario: every object's type and value, or the error; and what it has not asked for."""
    _request._seen.clear()  # so that every run looks everything up again
    _request.address.cache_clear()
    try:
        found: Any = as_said(scenario(on.fresh()))
    except (openai.OpenAIError, anthropic.AnthropicError) as error:
        found = type(error), str(error)
    return found, on.provider.left


def as_said(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [as_said(each) for each in value]
    return type(value), value.model_dump(warnings=False) if hasattr(value, "model_dump") else value


@pytest.fixture(scope="module")
def on() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture(scope="module")
def covered(on: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Place]]:
    """Lines by the first scenario that passes them."""
    tracekit.autolog(directory=tmp_path_factory.mktemp("data"))
    first: dict[str, set[Place]] = {}
    known: set[Place] = set()
    for name, scenario in SCENARIOS.items():
        _, lines = passed(FILES, lambda each=scenario: outcome(each, on))
        first[name] = set(lines) - known
        known.update(lines)
    tracekit.uninstrument()
    return first


@pytest.mark.torture
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_at_any_line_costs_the_caller_nothing(
    name: str, on: Stage, covered: dict[str, set[Place]], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = SCENARIOS[name]
    expected = outcome(scenario, on)
    wrong: list[str] = []
    tracekit.autolog(directory=data_dir)
    try:
        assert outcome(scenario, on) == expected
        for place in sorted(covered[name])[::STEP]:
            before = faults()
            found = with_fault_at(place, lambda: outcome(scenario, on))
            wrong += [] if found == expected else [f"{place}: the caller got {found!r}"]
            wrong += [] if faults() > before else [f"{place}: nothing was counted"]
    finally:
        tracekit.uninstrument()
    assert wrong == []
    ended = {span.span_id for span in journaled(data_dir).ended}
    assert {span.span_id for span in journaled(data_dir).started} == ended
    assert "Traceback" not in capsys.readouterr().err


def test_the_scenarios_pass_every_line(covered: dict[str, set[Place]]) -> None:
    _, once = passed(FILES, lambda: [run_path(str(file)) for file in FILES])  # what runs at an import
    missed = set().union(*map(lines_of, FILES)).difference(once, *covered.values())
    assert [str(place) for place in sorted(missed) if place.text not in OF_OTHERS] == []
