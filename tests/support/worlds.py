"""What a viewer can have to show, stored in one call: a day of work; hostile texts in every field."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from tests.evals.reports import samples
from tests.support import hostile, seeds, stories, timed, viewing
from tests.support.spans import message
from tracekit.model import RawLog, Score, Span
from tracekit.store import Batch

LONG_AGO = "2026-11-10T00:00:00+00:00"


def day(served: viewing.Served) -> None:
    """A day of work, runs of evaluations, and some hostile ones among both."""
    days = list(seeds.day())
    served.add(*days)
    served.store.commit(Batch(logs=[logged(spans[0], "a plain word") for spans in days]))
    base, now, evil = samples.a_run(worse=False), samples.regressed(), samples.hostile()
    served.archive.save_baseline(base)
    served.archive.write(base, samples.fine().comparison)
    served.archive.write(now.run, now.comparison)
    served.archive.write(replace(evil.run, created=LONG_AGO), evil.comparison)


def hostile_texts(served: viewing.Served) -> None:
    """A trace of each hostile text, with it in all its fields and scores, and an evaluation with a row of each."""
    now = time.time_ns()
    traces = [stories.hostile(now - number * timed.MS, text) for number, text in enumerate(hostile.TEXTS)]
    served.add(*traces)
    said = [score for spans, text in zip(traces, hostile.TEXTS, strict=True) for score in scores(spans[0], text)]
    logs = [logged(spans[0], text) for spans, text in zip(traces, hostile.TEXTS, strict=True)]
    served.store.commit(Batch(scores=said, logs=logs))
    outcome = samples.hostile(hostile.TEXTS)
    served.archive.write(replace(outcome.run, created=LONG_AGO), outcome.comparison)


def logged(root: Span, text: str) -> RawLog:
    """A log record of a span, that has it everywhere."""
    at, said = root.start_ns, {text: [text]}
    ids = {"trace_id": root.trace_id, "span_id": root.span_id}
    return RawLog(**ids, time_ns=at, event_name=text, severity=text, body=said, attributes=said)


def scores(root: Span, text: str) -> Iterator[Score]:
    """Everything that can be said, of everything."""
    of_span = {"trace_id": root.trace_id, "span_id": root.span_id}
    for where in (of_span, {**of_span, "span_id": None}, {"trace_id": None, "span_id": None, "session_id": text}):
        yield Score(name=text, value=1.0, label=text, comment=text, source=text, created_ns=root.start_ns, **where)
    yield Score(name="correction", value=None, label=text, source="human", created_ns=root.start_ns, **of_span)


def together(at: int) -> list[Span]:
    """All hostile texts in one trace: many messages, attributes, documents, tools, events and links, many spans."""
    trace, texts = timed.trace_id(), hostile.TEXTS
    roles = ("system", "user", "assistant", "tool")
    root = timed.llm(
        trace,
        at=at,
        ms=900,
        input_messages=[message(roles[number % len(roles)], text) for number, text in enumerate(texts)],
        output_messages=[message("assistant", text, finish_reason=text) for text in texts],
        system_instructions=[{"type": "text", "content": text} for text in texts],
        tool_definitions=[{"name": text, "description": text, "parameters": {text: text}} for text in texts],
        documents=[{"id": text, "score": text, "content": text} for text in texts],
        events=[{"name": text, "time_ns": at, "attributes": {text: text}} for text in texts],
        links=[{"trace_id": text, "span_id": text} for text in texts],
        attributes={text: [text] for text in texts},
        resource={text: text for text in texts},
        tags=list(texts),
    )
    children = [
        timed.span(trace, text, at=at + number * timed.MS, ms=1, parent=root, kind="tool", tool_name=text, model=text)
        for number, text in enumerate(texts)
    ]
    return [root, *children]
