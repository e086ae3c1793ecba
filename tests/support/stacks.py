"""What a stack of instrumentors makes of one request: the spans of a trace, and which of them own their usage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.spans import BASE_NS, SECOND, call, span
from tracekit.model import Span

Build = Callable[["Trace"], None]


@dataclass
class Trace:
    """A trace as its spans would be made; `made` is called with the order in which their spans are."""

    number: int
    spans: list[Span] = field(default_factory=list[Span])
    owners: list[int] = field(default_factory=list[int])
    twins: dict[int, int] = field(default_factory=dict[int, int])
    """Twin and owner, by place."""
    faults: list[int] = field(default_factory=list[int])

    def add(
        self, made: Callable[..., Span], *, at: tuple[float, float] = (0, 10), under: int | None = None, **fields: Any
    ) -> int:
        """A span from `at[0]` to `at[1]` seconds; its place."""
        place = len(self.spans)
        self.spans.append(
            made(
                trace=self.number,
                number=self.number * 100 + place + 1,
                parent=None if under is None else self.number * 100 + under + 1,
                start_ns=BASE_NS + int(at[0] * SECOND),
                end_ns=BASE_NS + int(at[1] * SECOND),
                **fields,
            )
        )
        return place

    def call(self, **fields: Any) -> int:
        """A model call of 82 tokens in, 32 of them cached, and 18 out, unless told otherwise."""
        said: dict[str, Any] = {
            "input_tokens": 82,
            "output_tokens": 18,
            "cache_read_tokens": 32,
            "cost_usd": 0.25,
        } | fields
        return self.add(call, **said)

    def silent(self, **fields: Any) -> int:
        """A model call that tells no usage."""
        return self.call(
            **{
                "input_tokens": None,
                "output_tokens": None,
                "cache_read_tokens": None,
                "counted": False,
                "cost_usd": None,
            }
            | fields
        )

    def step(self, kind: str = "chain", **fields: Any) -> int:
        """A span that is no model call."""
        return self.add(span, kind=kind, name=kind, **fields)


def one_instrumentor(t: Trace) -> None:
    t.owners = [t.call(scope_name="openai", response_id="r1")]


def patch_and_native(t: Trace) -> None:
    outer = t.call(scope_name="patch", response_id="r1", at=(0, 9))
    t.owners, t.twins = [outer], {t.call(scope_name="native", response_id="r1", under=outer, at=(1, 8)): outer}


def patch_without_an_id(t: Trace) -> None:
    outer = t.call(scope_name="patch", at=(0, 9))
    t.owners, t.twins = [outer], {t.call(scope_name="native", response_id="r1", under=outer, at=(1, 8)): outer}


def native_beside_the_patch(t: Trace) -> None:
    root = t.step()
    patch = t.call(scope_name="patch", under=root, at=(0, 5))
    t.owners, t.twins = [patch], {t.call(scope_name="native", response_id="r1", under=root, at=(1, 5.5)): patch}


def native_beside_the_patch_both_with_ids(t: Trace) -> None:
    root = t.step()
    patch = t.call(scope_name="patch", response_id="r1", under=root, at=(0, 5))
    t.owners, t.twins = [patch], {t.call(scope_name="native", response_id="r1", under=root, at=(1, 5.5)): patch}


def through_chains(t: Trace) -> None:
    """langchain's chain, its model, two more steps, the client, and the client's own span."""
    root = t.step()
    model = t.call(scope_name="langchain", under=root, at=(0, 9))
    step = t.step(under=model, at=(1, 8))
    deeper = t.step(under=step, kind="other", at=(2, 8))
    client = t.call(scope_name="openai", response_id="r1", under=deeper, at=(3, 7))
    native = t.call(scope_name="native", response_id="r1", under=client, at=(4, 6))
    t.owners, t.twins = [model], {client: model, native: model}


def agent_of_two_calls(t: Trace) -> None:
    """An agent that repeats the total, a tool between its two calls, each of which is seen three times."""
    agent = t.step("agent", input_tokens=196, output_tokens=29)
    for number, (tokens, cached) in enumerate((((82, 18), 32), ((114, 11), 0))):
        usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "cache_read_tokens": cached}
        at = number * 5.0
        model = t.call(scope_name="langchain", under=agent, at=(at, at + 4), **usage)
        client = t.call(scope_name="openai", response_id=f"r{number}", under=model, at=(at + 1, at + 3), **usage)
        native = t.call(scope_name="native", response_id=f"r{number}", under=client, at=(at + 1, at + 2), **usage)
        t.owners.append(model)
        t.twins |= {client: model, native: model}
        t.step("tool", under=agent, at=(at + 4, at + 5))


def model_span_that_sums_up(t: Trace) -> None:
    """Vercel's outer span is a model call by name, and the sum of its steps."""
    outer = t.call(scope_name="ai", input_tokens=196, output_tokens=29)
    first = t.call(scope_name="ai", response_id="r1", under=outer, at=(0, 4))
    t.step("tool", under=outer, at=(4, 5))
    second = t.call(scope_name="ai", response_id="r2", under=outer, at=(5, 9), input_tokens=114, output_tokens=11)
    t.owners = [first, second]


def one_step_summed_up(t: Trace) -> None:
    outer = t.call(scope_name="ai", at=(0, 9))
    t.owners, t.twins = [outer], {t.call(scope_name="ai", response_id="r1", under=outer, at=(1, 8)): outer}


def stream_in_two_spans(t: Trace) -> None:
    """logfire's request without usage and the instant that ends its stream, with the client's own span beneath."""
    root = t.step()
    begun = t.silent(scope_name="logfire", under=root, at=(0, 1))
    native = t.call(scope_name="native", response_id="r1", under=begun, at=(0.5, 4))
    ended = t.call(scope_name="logfire", under=root, at=(5, 5))
    t.owners, t.twins = [ended], {begun: ended, native: ended}


def stream_that_broke_off(t: Trace) -> None:
    """The client's own span has the input, which comes first; the end of the stream also what was said until then."""
    root = t.step()
    begun = t.silent(scope_name="logfire", under=root, at=(0, 1), status="error")
    native = t.call(scope_name="native", response_id="r1", under=begun, at=(0.5, 4), status="error", output_tokens=None)
    ended = t.call(scope_name="logfire", under=root, at=(5, 5), output_tokens=1)
    t.owners, t.twins = [ended], {begun: ended, native: ended}


def broken_off_beside_the_patch(t: Trace) -> None:
    """Two at different times, of which one does not tell the output: no difference, where the id is the same."""
    root = t.step()
    patch = t.call(scope_name="patch", response_id="r1", under=root, at=(0, 2), output_tokens=1)
    native = t.call(scope_name="native", response_id="r1", under=root, at=(3, 4), output_tokens=None)
    t.owners, t.twins = [patch], {native: patch}


def streams_side_by_side(t: Trace) -> None:
    root = t.step()
    begun = [t.silent(scope_name="logfire", under=root, at=(0.1 * n, 1)) for n in range(2)]
    ended = [t.call(scope_name="logfire", under=root, at=(5 + n, 5 + n)) for n in range(2)]
    t.owners, t.twins = ended, {begun[1]: ended[0], begun[0]: ended[1]}


def tried_again(t: Trace) -> None:
    outer = t.call(scope_name="langchain")
    t.silent(scope_name="openai", under=outer, status="error", at=(1, 2))
    t.owners, t.twins = [outer], {t.call(scope_name="openai", response_id="r1", under=outer, at=(3, 8)): outer}


def different_responses(t: Trace) -> None:
    outer = t.call(response_id="r1")
    t.owners = [outer, t.call(response_id="r2", under=outer)]


def called_by_a_tool_of_the_call(t: Trace) -> None:
    outer = t.call()
    tool = t.step("tool", under=outer, at=(1, 8))
    t.owners = [outer, t.call(under=tool, at=(2, 7))]


def agent_within_an_agent(t: Trace) -> None:
    """The outer agent's total has its own calls only: no contradiction."""
    outer = t.step("agent", input_tokens=82, output_tokens=18)
    own = t.call(under=outer, at=(0, 2))
    tool = t.step("tool", under=outer, at=(2, 9))
    inner = t.step("agent", under=tool, at=(2, 9), input_tokens=164, output_tokens=36)
    t.owners = [own, t.call(under=inner, at=(3, 4)), t.call(under=inner, at=(5, 6))]


def agent_that_contradicts(t: Trace) -> None:
    agent = t.step("agent", input_tokens=500, output_tokens=18)
    t.owners, t.faults = [t.call(under=agent)], [agent]


def twin_that_contradicts(t: Trace) -> None:
    outer = t.call(scope_name="patch", response_id="r1")
    inner = t.call(scope_name="native", response_id="r1", under=outer, input_tokens=50)
    t.owners, t.twins, t.faults = [outer], {inner: outer}, [inner]


def agent_that_alone_tells(t: Trace) -> None:
    outer = t.step("chain", input_tokens=82, output_tokens=18)
    agent = t.step("agent", under=outer, input_tokens=82, output_tokens=18, cost_usd=0.25)
    t.silent(under=agent)
    t.owners = [agent]


def the_twin_tells_more(t: Trace) -> None:
    """The patch drops the cached tokens, without which the cost is too high."""
    outer = t.call(scope_name="patch", response_id="r1", cache_read_tokens=None)
    inner = t.call(scope_name="native", response_id="r1", under=outer)
    t.owners, t.twins = [inner], {outer: inner}


def fetched_again(t: Trace) -> None:
    root = t.step()
    made = t.call(response_id="r1", under=root, at=(0, 2))
    t.call(response_id="r1", under=root, at=(3, 4), operation="fetch_response", counted=False, cost_usd=None)
    t.owners = [made]


def answered_from_a_cache(t: Trace) -> None:
    root = t.step()
    made = t.call(response_id="r1", under=root, at=(0, 2))
    again = t.call(response_id="r1", under=root, at=(3, 4))
    t.owners, t.twins, t.faults = [made], {again: made}, [again]


def answered_from_a_cache_and_seen_twice(t: Trace) -> None:
    """Each request by a patch and by the client itself; the patch drops the cached tokens."""
    root = t.step()
    less: dict[str, Any] = {"scope_name": "patch", "response_id": "r1", "cache_read_tokens": None}
    patch = t.call(under=root, at=(0, 2), **less)
    made = t.call(scope_name="native", response_id="r1", under=patch, at=(0, 2))
    patch_again = t.call(under=root, at=(3, 4), **less)
    again = t.call(scope_name="native", response_id="r1", under=patch_again, at=(3, 4))
    t.owners, t.faults = [made], [again]
    t.twins = dict.fromkeys((patch, patch_again, again), made)


def exported_late_by_another(t: Trace) -> None:
    """Two instrumentations at different times have seen one request, however late one of them says so."""
    root = t.step()
    made = t.call(scope_name="patch", response_id="r1", under=root, at=(0, 2))
    t.owners, t.twins = [made], {t.call(scope_name="native", response_id="r1", under=root, at=(3, 4)): made}


def one_id_and_the_same_usage_again(t: Trace) -> None:
    """An id that has named two responses names none: what has it and the same usage at another time is a third."""
    root = t.step()
    other = {"input_tokens": 114, "output_tokens": 11}
    t.owners = [
        t.call(response_id="mock", under=root, at=(0, 2)),
        t.call(response_id="mock", under=root, at=(3, 4), **other),
        t.call(response_id="mock", under=root, at=(5, 6)),
        t.call(response_id="mock", under=root, at=(7, 8), **other),
    ]
    client = t.call(scope_name="native", response_id="mock", under=t.owners[-1], at=(7, 8), **other)
    t.twins = {client: t.owners[-1]}


def one_id_for_everything(t: Trace) -> None:
    """A mock's: usage and time tell that they are two."""
    root = t.step()
    first = t.call(response_id="mock", under=root, at=(0, 2))
    t.owners = [first, t.call(response_id="mock", under=root, at=(3, 4), input_tokens=114, output_tokens=11)]


def embedding_twice(t: Trace) -> None:
    usage = {"kind": "embedding", "output_tokens": None, "cache_read_tokens": None}
    outer = t.call(scope_name="langchain", at=(0, 9), **usage)
    t.owners, t.twins = [outer], {t.call(scope_name="openai", under=outer, at=(1, 8), **usage): outer}


def same_question_at_once(t: Trace) -> None:
    """Two calls of one instrumentation at the same time with the same usage are two calls."""
    root = t.step()
    t.owners = [t.call(scope_name="openai", under=root, at=(0, 5)), t.call(scope_name="openai", under=root, at=(1, 6))]


def parents_in_a_circle(t: Trace) -> None:
    """Hostile: the circle is cut at the span that comes first."""
    first = t.call(under=1, at=(0, 9))
    t.owners, t.twins = [first], {t.call(under=first, at=(1, 8)): first}


STACKS: tuple[Build, ...] = (
    one_instrumentor, patch_and_native, patch_without_an_id, native_beside_the_patch,
    native_beside_the_patch_both_with_ids, through_chains, agent_of_two_calls, model_span_that_sums_up,
    one_step_summed_up, stream_in_two_spans, stream_that_broke_off, broken_off_beside_the_patch,
    streams_side_by_side, tried_again, different_responses, called_by_a_tool_of_the_call, agent_within_an_agent,
    agent_that_contradicts, twin_that_contradicts, agent_that_alone_tells, the_twin_tells_more, fetched_again,
    answered_from_a_cache, answered_from_a_cache_and_seen_twice, exported_late_by_another,
    one_id_and_the_same_usage_again, one_id_for_everything, embedding_twice, same_question_at_once,
    parents_in_a_circle,
)  # fmt: skip
