"""A store to look at pages of: many agent traces with names, tools, tags, projects, users, sessions; two long ones.

It is made by bulk commits, never over HTTP, its words are indexed, and it can be kept: one that is at hand is used
again for most of a day, since pages ask for yesterday.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.store import fill, with_column
from tracekit import config
from tracekit.model import Kind, Span
from tracekit.query.source import hold
from tracekit.store import Batch, Packed, Table
from tracekit.store.cells import compute

LONG, HUGE = 2_001, 100_000
"""Spans of the two long traces."""
VERSION = 1
_FACTS = "seeded.json"
_FRESH_S = 20 * 3600.0
_PART = 10_000
_MS = 1_000_000
_TOOLS = tuple(
    f"{verb}_{noun}"
    for noun in ("order", "invoice", "user", "docs", "web")
    for verb in ("get", "search", "list", "update")
)
_AGENTS = ("support", "researcher", "planner", "billing", "onboarding", "router", "writer", "reviewer")
_PROJECTS = ("shop", "docs", "search", "internal")
_TAGS = ("beta", "prod", "canary", "eval", "night")
_ERRORS = ("TimeoutError", "RateLimitError", "ValueError")
_FAILING = 0.01
_USERS = 400


@dataclass(slots=True, frozen=True, kw_only=True)
class Seeded:
    """A store on the disk and what pages are asked about.

    Attributes:
        spans: how many there are, but for the two long traces.
        seconds: what making it took.
        long: the id of the trace of 2,001 spans.
        huge: the id of the trace of 100,000 spans; None where that was left out.
        pair: two ordinary traces.
        session: one of their sessions.
    """

    version: int
    made: float
    spans: int
    seconds: float
    long: str
    huge: str | None
    pair: tuple[str, str]
    session: str


def seeded(directory: Path, count: int, *, huge: bool = True) -> Seeded:
    """The store of a data directory, made where there is none of this size that is fresh."""
    found = _at_hand(directory)
    if found is not None and abs(found.spans - count) * 10 < count and (found.huge is not None or not huge):
        print(f"page: using the {found.spans:,} spans in {directory}.", file=sys.stderr, flush=True)
        return found
    if directory.exists() and any(directory.iterdir()):
        if not (directory / _FACTS).exists():
            sys.exit(f"{directory} holds something else than a store made here; name another directory.")
        shutil.rmtree(directory)
    print(f"page: storing {count:,} spans ...", file=sys.stderr, flush=True)
    began = time.perf_counter()
    directory.mkdir(parents=True, exist_ok=True)
    filled = fill(directory, count, dress=_Dress())
    with hold(directory, config.database(directory)) as source:
        now = time.time_ns()
        long, most = _long(LONG, now - 60 * 10**9), _long(HUGE, now - 26 * 3600 * 10**9) if huge else []
        for spans in (long, most):
            for start in range(0, len(spans), _PART):
                source.store.commit(Batch(spans=spans[start : start + _PART]))
        source.index_words()
        [(one, session), (other, _)] = source.sql(
            "SELECT trace_id, session_id FROM traces WHERE span_count < 100 ORDER BY start_time DESC LIMIT 2"
        ).rows
    made = Seeded(
        version=VERSION,
        made=time.time(),
        spans=filled.spans,
        seconds=round(time.perf_counter() - began, 1),
        long=long[0].trace_id,
        huge=most[0].trace_id if most else None,
        pair=(one, other),
        session=session,
    )
    (directory / _FACTS).write_text(json.dumps(asdict(made)), encoding="utf-8")
    return made


def _at_hand(directory: Path) -> Seeded | None:
    try:
        said = json.loads((directory / _FACTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if said["version"] != VERSION or time.time() - said["made"] > _FRESH_S:
        return None
    one, other = said.pop("pair")
    return Seeded(pair=(one, other), **said)


class _Dress:
    """Gives the rows of a copy what made-up spans lack. The columns are made once; sessions are new in each copy."""

    def __init__(self) -> None:
        self._columns: dict[str, Any] | None = None

    def __call__(self, rows: Packed, number: int) -> Packed:
        columns = self._columns = self._columns or _columns(rows.spans)
        table = rows.spans
        for name, values in columns.items():
            table = with_column(table, name, values)
        sessions = compute.binary_join_element_wise(columns["session_id"], f"{number:x}", "-")
        return replace(rows, spans=with_column(table, "session_id", sessions))


def _columns(table: Table) -> dict[str, Any]:
    """Names, tools, users, sessions, tags and projects: those of a trace are one, and some are far more frequent."""
    rng = random.Random(11)
    users = [f"u-{number}" for number in range(_USERS)]
    numbers: dict[str, int] = {}
    of_trace = [numbers.setdefault(trace, len(numbers)) for trace in table["trace_id"].to_pylist()]
    agents = [_often(rng, _AGENTS) for _ in numbers]
    owners = [(_often(rng, users), _often(rng, _PROJECTS)) for _ in range(0, len(numbers), 3)]
    tags = [sorted({_often(rng, _TAGS) for _ in range(rng.randrange(3))}) for _ in numbers]
    kinds, models = table["kind"].to_pylist(), table["model"].to_pylist()
    tools = [_often(rng, _TOOLS) if kind == "tool" else None for kind in kinds]
    errors = [_often(rng, _ERRORS) if rng.random() < _FAILING and kind in ("tool", "llm") else None for kind in kinds]
    names = [
        _name(kind, agents[trace], tool, model)
        for kind, trace, tool, model in zip(kinds, of_trace, tools, models, strict=True)
    ]
    made = {
        "name": names,
        "tool_name": tools,
        "session_id": [f"s-{trace // 3}" for trace in of_trace],
        "user_id": [owners[trace // 3][0] for trace in of_trace],
        "project": [owners[trace // 3][1] for trace in of_trace],
        "tags": [tags[trace] for trace in of_trace],
        "status": ["error" if error else "unset" for error in errors],
        "status_message": [
            f"no answer from {tool or model or 'upstream'}" if error else None
            for error, tool, model in zip(errors, tools, models, strict=True)
        ],
        "error_type": errors,
    }
    return {name: pa.chunked_array([pa.array(values, table.schema.field(name).type)]) for name, values in made.items()}


def _name(kind: str, agent: str, tool: str | None, model: str | None) -> str:
    match kind:
        case "agent":
            return f"invoke_agent {agent}"
        case "tool":
            return f"execute_tool {tool}"
        case "llm" | "embedding":
            return f"{'chat' if kind == 'llm' else 'embeddings'} {model or agent}"
        case _:
            return f"{kind} {agent}"


def _often(rng: random.Random, values: Sequence[str]) -> str:
    """One of the values, the n-th 1/n as often as the first."""
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(values))))
    return rng.choices(values, cum_weights=weights)[0]


def _long(count: int, at: int) -> list[Span]:
    """One trace: steps of an agent, each with a model call and two tools, some of which failed."""
    trace = f"{random.Random(count).getrandbits(128):032x}"

    def span(number: int, kind: Kind, name: str, *, start: int, ms: int, parent: int | None, **more: Any) -> Span:
        begin = at + start * _MS
        return Span(
            trace_id=trace,
            span_id=f"{number + 1:016x}",
            parent_span_id=None if parent is None else f"{parent + 1:016x}",
            name=name,
            kind=kind,
            start_ns=begin,
            end_ns=begin + ms * _MS,
            status="unset",
            outcome="complete",
            project="shop",
            service="shop-api",
            session_id="s-long",
            user_id="u-7",
            dialect="otel_genai",
            **more,
        )

    made = [span(0, "agent", f"agent of {count:,} spans", start=0, ms=count * 40, parent=None, input="Do all of it.")]
    while len(made) < count:
        number, start = len(made), len(made) * 40
        step = [
            span(number, "chain", f"step {number // 4}", start=start, ms=150, parent=0),
            span(
                number + 1,
                "llm",
                "chat gpt-4o",
                start=start + 1,
                ms=70,
                parent=number,
                ttft_ms=20.0,
                provider="openai",
                model="gpt-4o",
                request_model="gpt-4o",
                input_tokens=1_200,
                output_tokens=80,
                counted=True,
                cost_usd=0.0038,
                input_messages=[{"role": "user", "parts": [{"type": "text", "content": f"What is step {number}?"}]}],
                output_messages=[
                    {"role": "assistant", "finish_reason": "stop", "parts": [{"type": "text", "content": "Go on."}]}
                ],
            ),
        ]
        for tool in (2, 3):
            failed: dict[str, Any] = (
                {"status_message": "no answer in 900 ms", "error_type": "TimeoutError"}
                if (number + tool) % 397 == 0
                else {}
            )
            name = _TOOLS[(number + tool) % len(_TOOLS)]
            made_tool = span(
                number + tool,
                "tool",
                f"execute_tool {name}",
                start=start + 40 * tool,
                ms=35,
                parent=number,
                tool_name=name,
                tool_arguments={"step": number},
                tool_result=None if failed else {"found": tool},
                **failed,
            )
            made_tool.status = "error" if failed else "unset"
            step.append(made_tool)
        made += step
    return made[:count]


if __name__ == "__main__":
    print(seeded(Path(sys.argv[1]), int(sys.argv[2])))
