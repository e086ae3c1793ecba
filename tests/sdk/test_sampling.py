"""Which traces are recorded: a share of them, by rules, whole, and with a count of what was left out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.propagate import inject

import tracekit
from tests.support.recorded import journaled
from tracekit.errors import UsageError
from tracekit.sdk.sampling import Rule, Shares, parse


@pytest.fixture(autouse=True)
def no_trace_left():
    yield
    tracekit.uninstrument()


def run(sample: float | str, *, traces: int = 1, name: str = "job", kind: str = "chain") -> None:
    tracekit.autolog(instrument=[], sample=sample)
    for _ in range(traces):
        with tracekit.span(name, kind=kind), tracekit.span("inner"):  # type: ignore[arg-type]
            pass


def test_a_share_of_the_traces_is_recorded_whole_and_the_rest_counted(data_dir: Path):
    run(0.25, traces=2000)
    spans = journaled(data_dir).ended
    roots = [span for span in spans if span.parent_span_id is None]
    assert 380 < len(roots) < 620  # six standard deviations around 500
    assert {span.trace_id for span in spans} == {span.trace_id for span in roots}
    assert len(spans) == 2 * len(roots)
    assert {span.attributes["tracekit.sample_ratio"] for span in roots} == {0.25}
    assert tracekit.flush().sampled_out == 2000 - len(roots)


def test_the_same_traces_as_any_process_with_this_share():
    tracekit.autolog(instrument=[], sample=0.5)
    for _ in range(100):
        with tracekit.span("x") as span:
            recorded = span.span.is_recording()
        assert recorded == (int(span.trace_id[16:], 16) < 1 << 63)


@pytest.mark.parametrize(
    ("sample", "name", "kind", "kept"),
    [
        ("0, checkout*=1", "checkout basket", "chain", 1),
        ("0, checkout*=1", "search", "chain", 0),
        ("checkout*=0", "checkout", "chain", 0),
        ("checkout*=0", "search", "chain", 1),
        ("0, kind:agent=1", "any", "agent", 1),
        ("0, agent:an?=1", "any", "agent", 1),
        ("0, user:u-*=1", "any", "chain", 1),
        ("0, tag:beta=1", "any", "chain", 1),
        ("0, tag:gamma=1", "any", "chain", 0),
        ("0, a=0, any=1, any=0", "any", "chain", 1),
        ("0.0", "any", "chain", 0),
        ("1", "any", "chain", 1),
    ],
)
def test_rules_choose_by_what_a_trace_begins_with(data_dir: Path, sample: str, name: str, kind: str, kept: int):
    with tracekit.context(user_id="u-17", tags=["alpha", "beta"]):
        run(sample, name=name, kind=kind)
    assert len(journaled(data_dir).ended) == 2 * kept
    assert tracekit.flush().sampled_out == 1 - kept


def test_another_process_follows_the_decision_made_here(data_dir: Path):
    """A child that would record nothing of itself records what its parent records, and the other way round."""
    child = "import os, tracekit; from opentelemetry import context, propagate;"
    child += "tracekit.autolog(instrument=[]); context.attach(propagate.extract(dict(os.environ)));"
    child += "tracekit.span('child').__enter__().__exit__(None, None, None)"
    for here, there in ((1.0, "0"), (0.0, "1")):
        tracekit.autolog(instrument=[], sample=here)
        carrier: dict[str, str] = {}
        with tracekit.span("parent"):
            inject(carrier)
        tracekit.uninstrument()
        environment = {**os.environ, **carrier, "TRACEKIT_SAMPLE": there}
        subprocess.run([sys.executable, "-c", child], env=environment, check=True)
    assert sorted(journaled(data_dir).names) == ["child", "parent"]


def test_a_program_with_a_provider_of_its_own_is_told_that_its_sampler_decides(data_dir: Path):
    program = """
import tracekit
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

trace.set_tracer_provider(TracerProvider())
tracekit.autolog(instrument=[], sample=0)
with tracekit.span("x"):
    pass
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "sample is not used" in ended.stderr
    assert journaled(data_dir).names == ["x"]


def test_what_cannot_be_understood_is_said():
    assert parse("1") is None
    assert parse("0.5, model:gpt-*=1") == Shares(ratio=0.5, rules=(Rule(field="model", pattern="gpt-*", ratio=1.0),))
    for text in ("a lot", "1.5", "-0.1", "nan", "colour:red=1"):
        with pytest.raises(UsageError, match=text.split(":")[0]):
            tracekit.autolog(instrument=[], sample=text)
