from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import corpus
from tracekit.model import RawLog, RawSpan
from tracekit.otlp import decode, encode

SAMPLES = corpus.files("otlp-samples/*/*/traces-*.pb")
TEXTS = ("", "plain", "é\u2028😀", "\x00\x1b[0m", '{"a": [1]}', "NaN", "9" * 40)
both = pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])


def value(random: random.Random, depth: int = 0) -> Any:
    makers: list[Callable[[], Any]] = [
        lambda: random.choice(TEXTS),
        lambda: random.choice([True, False, None]),
        lambda: random.choice([0, 1, -1, (1 << 63) - 1, -(1 << 63), random.getrandbits(40)]),
        lambda: random.choice([0.0, 0.1, -2.5e-310, 1e308, random.random()]),
        lambda: [value(random, depth + 1) for _ in range(random.randrange(4))],
        lambda: attributes(random, depth + 1),
    ]
    return random.choice(makers[: 4 if depth > 2 else 6])()


def attributes(random: random.Random, depth: int = 0) -> dict[str, Any]:
    return {f"{random.choice(TEXTS)}{number}": value(random, depth) for number in range(random.randrange(5))}


def span(random: random.Random, resource: dict[str, Any], scope: tuple[str | None, str | None]) -> RawSpan:
    return RawSpan(
        trace_id=f"{random.getrandbits(128) | 1:032x}",
        span_id=f"{random.getrandbits(64) | 1:016x}",
        parent_span_id=random.choice([None, f"{random.getrandbits(64) | 1:016x}"]),
        name=random.choice(TEXTS),
        kind=random.randrange(6),
        start_ns=random.getrandbits(63),
        end_ns=random.choice([None, random.getrandbits(63) | 1]),
        status_code=random.randrange(3),
        status_message=random.choice([None, "broke"]),
        attributes=attributes(random),
        events=[{"name": "e", "time_ns": random.getrandbits(63), "attributes": attributes(random)}],
        links=[{"trace_id": "1" * 32, "span_id": "2" * 16, "attributes": attributes(random)}],
        resource=resource,
        scope_name=scope[0],
        scope_version=scope[1],
    )


def key(span: RawSpan) -> tuple[str, str]:
    return span.trace_id, span.span_id


@both
@pytest.mark.parametrize("seed", range(20))
def test_decoding_gives_what_was_encoded(seed: int, *, is_json: bool) -> None:
    generator = random.Random(seed)
    origins = [
        (attributes(generator), (generator.choice([None, "lib"]), generator.choice([None, "1"]))) for _ in range(3)
    ]
    spans = [span(generator, *generator.choice(origins)) for _ in range(12)]
    again = decode.traces(encode.traces(spans, json=is_json), json=is_json)
    assert sorted(again, key=key) == sorted(spans, key=key)


@both
def test_every_recorded_request_survives(*, is_json: bool) -> None:
    for path in SAMPLES:
        spans = decode.traces(path.read_bytes(), json=False)
        again = decode.traces(encode.traces(spans, json=is_json), json=is_json)
        assert sorted(again, key=key) == sorted(spans, key=key), path
        corpus.ran(path)


@both
def test_each_resource_and_scope_is_written_once_and_its_spans_keep_their_order(*, is_json: bool) -> None:
    generator = random.Random(1)
    spans = [span(generator, {"service.name": f"s{number % 2}"}, ("lib", None)) for number in range(6)]
    again = decode.traces(encode.traces(spans, json=is_json), json=is_json)
    assert list(map(key, again)) == [key(spans[number]) for number in (0, 2, 4, 1, 3, 5)]
    assert len({id(each.resource) for each in again}) == 2


@both
def test_what_otlp_cannot_say_is_said_as_it_can(*, is_json: bool) -> None:
    odd = span(random.Random(1), {}, (None, None))
    odd.attributes = {"huge": 1 << 70, "half": "a\ud83d"}
    (again,) = decode.traces(encode.traces([odd], json=is_json), json=is_json)
    assert again.attributes["huge"] == str(1 << 70)
    assert again.attributes["half"][0] == "a"


@both
def test_every_recorded_log_request_survives(*, is_json: bool) -> None:
    for path in corpus.files("otlp-samples/*/*/logs-*.pb"):
        found = decode.logs(path.read_bytes(), json=False)
        assert decode.logs(encode.logs(found, json=is_json), json=is_json) == found, path
        corpus.ran(path)


@both
def test_a_log_record_is_itself_again(*, is_json: bool) -> None:
    generator = random.Random(1)
    found = [
        RawLog(trace_id="1" * 32, span_id="2" * 16, time_ns=7, event_name="gen_ai.choice", severity="INFO",
               severity_number=9, body={"index": 0, "text": value(generator)}, attributes=attributes(generator)),
        RawLog(observed_ns=(1 << 63) + 1, body="plain"),
    ]  # fmt: skip
    assert decode.logs(encode.logs(found, json=is_json), json=is_json) == found
