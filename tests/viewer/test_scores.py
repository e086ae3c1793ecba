"""What people say by the page: where it lands, what is refused, and what the page then shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.datastructures import Headers

from tests.support import stories, timed, viewing
from tracekit.collector import stored as decoding
from tracekit.collector.access import is_own
from tracekit.evals import stored
from tracekit.query.stored import score_pages
from tracekit.store import Batch, Retention
from tracekit.store.duckdb import open_store


@pytest.fixture
def trace(served: viewing.Served) -> dict[str, Any]:
    spans = stories.agent(
        1_800_000_000_000_000_000, question="Where is 77?", answer="In Porto.", session=timed.trace_id()
    )
    served.add(spans)
    inner = next(span for span in spans if span.kind == "llm")
    tool = next(span for span in spans if span.kind == "tool")
    ids = {"trace_id": spans[0].trace_id, "session_id": spans[0].session_id}
    return {**ids, "root": spans[0].span_id, "inner": inner.span_id, "tool": tool.span_id}


def said(served: viewing.Served, trace: dict[str, Any]) -> list[tuple[Any, ...]]:
    return served.store.sql(
        "SELECT span_id, session_id, name, value, label, comment FROM scores WHERE trace_id = ? OR session_id = ? "
        "ORDER BY created_at",
        [trace["trace_id"], trace["session_id"]],
    ).rows


def test_a_form_is_stored_and_leads_back_to_what_it_says(
    client: httpx2.Client, served: viewing.Served, trace: dict[str, Any]
) -> None:
    ids = {name: trace[name] for name in ("trace_id", "session_id")} | {"span_id": trace["inner"]}
    forms = [
        {"on": "span", "name": "correct", "value": "0", "comment": "It is in Lisbon."},
        {"on": "trace", "name": "topic", "value": "orders"},
        {"on": "session", "name": "mood", "value": "2.5"},
        {"on": "span", "name": "comment", "comment": "<b>look</b> \u202e here"},
        {"on": "trace", "name": "correction", "label": "In Lisbon."},
    ]
    shown = f"/traces/{trace['trace_id']}?span={trace['inner']}"
    for form in forms:
        answer = client.post("/scores", data={**ids, **form})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{shown}#scores")
    assert said(served, trace) == [
        (trace["inner"], None, "correct", 0.0, None, "It is in Lisbon."),
        (None, None, "topic", None, "orders", None),
        (None, trace["session_id"], "mood", 2.5, None, None),
        (trace["inner"], None, "comment", None, None, "<b>look</b> \u202e here"),
        (None, None, "correction", None, "In Lisbon.", None),
    ]
    page = client.get(shown).text
    for words in ("It is in Lisbon.", "In Lisbon.", "orders", "2.5", "&lt;b&gt;look&lt;/b&gt;", "RLO"):
        assert words in page
    twin = client.get(f"/traces/{trace['trace_id']}/spans/{trace['inner']}.json").json()
    assert [one["name"] for one in twin["scores"]] == ["correct", "topic", "mood", "comment", "correction"]
    assert {one["source"] for one in twin["scores"]} == {"human"}


def test_the_last_word_holds_and_the_page_counts_the_others(
    client: httpx2.Client, trace: dict[str, Any], served: viewing.Served
) -> None:
    for value in ("1", "0", "1"):
        client.post("/scores", data={"trace_id": trace["trace_id"], "name": "correct", "value": value})
    page = client.get(f"/traces/{trace['trace_id']}?span={trace['root']}").text
    assert "after 2 earlier" in page
    assert page.count("aria-pressed") == 1
    assert len(said(served, trace)) == 3


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([("trace", "correction", "label", "In Lisbon.")], "In Lisbon."),
        ([("root", "correction", "label", '{"city": "Lisbon"}')], {"city": "Lisbon"}),
        ([("tool", "correction", "label", "a row")], None),
        ([("trace", "correct", "value", "1")], "In Porto."),
        ([("trace", "correct", "value", "1"), ("trace", "correct", "value", "0")], None),
        ([("trace", "correction", "label", "In Lisbon."), ("trace", "correct", "value", "0")], "In Lisbon."),
    ],
)
def test_what_a_person_expected_is_what_an_evaluation_expects(
    client: httpx2.Client, served: viewing.Served, trace: dict[str, Any], scores: list[tuple[str, ...]], expected: Any
) -> None:
    for on, name, field, value in scores:
        of = {} if on == "trace" else {"span_id": trace[on]}
        client.post("/scores", data={"trace_id": trace["trace_id"], **of, "name": name, field: value})
    [row] = stored.rows(served.store, [trace["trace_id"]])  # pyright: ignore[reportArgumentType]
    assert row.expected == expected


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": "correct", "value": "1"}, 400),
        ({"trace_id": "f" * 32, "name": "correct", "value": "1"}, 404),
        ({"trace_id": "{trace_id}", "span_id": "f" * 16, "name": "correct", "value": "1"}, 404),
        ({"session_id": "nobody", "name": "correct", "value": "1"}, 404),
        ({"trace_id": "{trace_id}", "name": " ", "value": "1"}, 400),
        ({"trace_id": "{trace_id}", "name": "x" * 201, "value": "1"}, 400),
        ({"trace_id": "{trace_id}", "name": "topic", "value": " "}, 400),
        ({"trace_id": "{trace_id}", "name": "topic", "comment": "alone"}, 400),
        ({"trace_id": "{trace_id}", "on": "span", "name": "topic", "value": "x"}, 400),
        ({"session_id": "{session_id}", "name": "correction", "label": "x"}, 400),
    ],
)
def test_what_cannot_be_a_score_is_refused(
    client: httpx2.Client, served: viewing.Served, trace: dict[str, Any], form: dict[str, str], status: int
) -> None:
    filled = {name: value.format(**trace) for name, value in form.items()}
    assert client.post("/scores", data=filled).status_code == status
    assert said(served, trace) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 303),
        ({}, 303),
    ],
)
def test_only_pages_of_this_server_write(
    client: httpx2.Client, trace: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    form = {"trace_id": trace["trace_id"], "name": "correct", "value": "1"}
    assert client.post("/scores", data=form, headers=headers).status_code == status


def test_an_origin_is_compared_with_the_host_and_its_port() -> None:
    def own(origin: str) -> bool:
        return is_own(Headers({"origin": origin, "host": "box.lan:4318"}))

    assert own("http://box.lan:4318")
    assert not own("http://box.lan")
    assert not own("http://box.lan:4318.evil.example")


def test_a_body_that_is_no_form_or_too_large_is_refused(client: httpx2.Client) -> None:
    assert client.post("/scores", json={"name": "x"}).status_code == 415
    assert client.post("/scores", data={"comment": "x" * (2 << 20)}).status_code == 413


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "/x\r\nset-cookie: a=b"])
def test_nobody_is_led_away(client: httpx2.Client, trace: dict[str, Any], back: str) -> None:
    form = {"trace_id": trace["trace_id"], "name": "correct", "value": "1", "back": back}
    assert client.post("/scores", data=form).headers["location"].startswith(f"/traces/{trace['trace_id']}")


def test_a_program_gets_the_score_as_json(client: httpx2.Client, trace: dict[str, Any]) -> None:
    form = {"trace_id": trace["trace_id"], "name": "topic", "value": "orders"}
    answer = client.post("/scores", data=form, headers={"accept": "application/json"})
    assert answer.status_code == 201
    assert (answer.json()["label"], answer.json()["source"]) == ("orders", "human")
    assert client.get("/scores").status_code == 405


def test_what_was_said_of_a_session_leaves_and_enters_a_store_and_goes_with_its_last_trace(
    client: httpx2.Client, served: viewing.Served, trace: dict[str, Any], tmp_path: Path
) -> None:
    form = {"session_id": trace["session_id"], "name": "mood", "value": "good"}
    assert client.post("/scores", data=form).status_code == 303
    client.post("/scores", data={"trace_id": trace["trace_id"], "name": "correct", "value": "1"})
    lines = [line for page in score_pages(served.store, [trace["trace_id"]]) for line in page]
    found = [decoding.score(line.encode()) for line in lines]
    assert sorted((one.name, one.session_id, one.trace_id) for one in found) == [
        ("correct", None, trace["trace_id"]),
        ("mood", trace["session_id"], None),
    ]
    assert [("session_id" in line) for line in lines] == [True, False]  # a version without these reads the others
    other = open_store(tmp_path / "other.duckdb")
    try:
        spans = stories.agent(1_000_000_000_000_000_000, question="a", answer="b", session=str(trace["session_id"]))
        other.commit(Batch(spans=spans, scores=found[:1]))
        other.commit(Batch(scores=found[:1]))
        assert other.sql("SELECT count(*) FROM scores").rows == [(1,)]
        other.forget(Retention(seconds=1), now_ns=2_000_000_000_000_000_000)
        assert other.sql("SELECT count(*) FROM scores").rows == [(0,)]
    finally:
        other.close()
