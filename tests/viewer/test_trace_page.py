"""The page of a trace over HTTP: its rows in parts, the panels of spans, what is missing of it, and its twins."""

from __future__ import annotations

import re
import time
from html import unescape

import httpx2
import pytest

from tests.support import journals, markup, stories, timed, viewing
from tests.support.spans import message
from tests.viewer.asking import find, page
from tracekit.collector.ingest import Ingest
from tracekit.store import Batch
from tracekit.units import UNKNOWN
from tracekit_viewer.presenters.heading import _warning
from tracekit_viewer.presenters.window import ROWS


def test_the_trace_page_opens_at_the_failure(client):
    trace = find(client, "invoke_agent support", status="error")
    shown = page(client, f"/traces/{trace['trace_id']}")
    assert "<h2>execute_tool get_order</h2>" in shown
    assert "order service did not answer in 900 ms" in shown
    assert "shop/orders.py" in shown
    assert "1 of 5 spans failed" in shown
    twin = client.get(f"/traces/{trace['trace_id']}.json").json()
    assert len(twin["spans"]) == shown.count('role="row"') == 5


def test_every_span_has_an_address_a_fragment_and_a_twin(client):
    trace = find(client, "answer_question")
    for span in client.get(f"/traces/{trace['trace_id']}.json").json()["spans"]:
        base = f"/traces/{trace['trace_id']}"
        fragment = page(client, f"{base}/spans/{span['span_id']}.html")
        assert fragment.count("<article") == 1
        assert "<html" not in fragment
        assert f"<h2>{span['name']}</h2>" in fragment
        whole = page(client, f"{base}?span={span['span_id']}")
        assert f'data-key="{span["span_id"]}" data-level=' in whole
        assert re.search(rf'data-key="{span["span_id"]}"[^>]*aria-selected="true"', whole)
        assert client.get(f"{base}/spans/{span['span_id']}.json").json()["span_id"] == span["span_id"]


def test_the_panel_of_a_model_call_holds_all_of_it(client):
    trace = find(client, "invoke_agent support")
    call = client.get(f"/traces/{trace['trace_id']}.json").json()["spans"][1]
    shown = page(client, f"/traces/{trace['trace_id']}/spans/{call['span_id']}.html")
    for expected in (
        "You are the support agent",
        "412 ms",
        "1.0k cached",
        "64 reasoning",
        "$0.0049",
        "gpt-4o → gpt-4o-2024-08-06",
        "temperature",
        "Look an order up",
        "call_1",
        "tool_calls",
    ):
        assert expected in shown
    assert "Reasoning, 70 characters" in shown


def test_a_long_answer_is_whole_behind_its_fold(client):
    trace = next(t for t in client.get("/traces.json", params={"text": "Write it all down"}).json()["traces"])
    shown = page(client, f"/traces/{trace['trace_id']}")
    assert "Paragraph 0:" in shown
    assert "Paragraph 539:" in shown
    assert re.search(r"<summary>[\d,]+ more characters</summary>", shown)


def test_what_is_unknown_is_a_dash(client):
    trace = find(client, "chat llama-3.3-70b-local")
    shown = page(client, f"/traces/{trace['trace_id']}")
    assert f'title="cost unknown">{UNKNOWN}' in shown
    assert "Abandoned" in shown


def test_a_process_that_died_is_interrupted_and_not_running(tmp_path):
    with viewing.serve(tmp_path) as served:
        served.add(stories.running(time.time_ns()))
        assert 'aria-label="Running"' in httpx2.get(f"{served.url}/").text
        served.store.commit(Batch(interrupted=["app.tkj"]))
        shown = httpx2.get(f"{served.url}/").text
        assert 'aria-label="Interrupted"' in shown
        assert 'aria-label="Running"' not in shown
        (trace,) = served.store.sql("SELECT trace_id FROM traces").rows[0]
        assert "its process died before" in httpx2.get(f"{served.url}/traces/{trace}").text


def test_records_that_never_came_are_told_beside_the_traces_of_their_process(tmp_path):
    with viewing.serve(tmp_path) as served:
        frames = journals.frames(9)
        (tmp_path / "journal").mkdir()
        (tmp_path / "journal" / "1-2-ab.tkj").write_bytes(b"".join([*frames[:3], *frames[6:]]))
        Ingest(tmp_path / "journal", served.store).fold()
        other, *_ = spans = stories.running(time.time_ns())
        served.add(spans)
        address = f"{served.url}/traces/{journals.TRACE}"
        said = "3 records of process elsewhere-1 never came. Spans of this trace may be among them."
        assert said in httpx2.get(address).text
        gap = {"process": "elsewhere-1", "first_missing": 3, "last_missing": 5, "count": 3}
        assert httpx2.get(f"{address}.json").json()["gaps"] == [gap]
        assert 'class="warning"' not in httpx2.get(f"{served.url}/traces/{other.trace_id}").text


@pytest.mark.parametrize(
    ("missing", "gaps", "lost", "says"),
    [
        (0, [], 0, ""),
        (0, [("p", 1), ("p", 2)], 3, "3 records of process p never came. Spans of this trace may be among them."),
        (2, [("p", 1)], 1, "stands at the top. 1 record of process p never came. They may be among them."),
        (2, [], 4, "stands at the top. This store lacks 4 records of 2 processes; it may be among them."),
        (2, [], 0, "2 spans of this trace never arrived; what hung below stands at the top."),
        (
            0,
            [(name, 1) for name in "abcde"],
            5,
            "process c, 2 further processes never came. Spans of this trace may be among them.",
        ),
    ],
)
def test_what_a_trace_lacks_is_said_in_a_sentence(missing, gaps, lost, says):
    rows = [{"process": process, "first_missing": 1, "last_missing": count, "count": count} for process, count in gaps]
    said = _warning({"missing_spans": missing, "gaps": rows, "lost": {"records": lost, "processes": 2}})
    assert (said or "").endswith(says)
    assert bool(said) == bool(says)


def test_a_cost_without_some_calls_says_so(client):
    trace = find(client, "chat llama-3.3-70b-local")
    assert "without 1 unpriced call" in page(client, f"/traces/{trace['trace_id']}")


def test_a_long_trace_comes_in_parts_that_join_up(tmp_path):
    with viewing.serve(tmp_path) as served:
        spans = stories.deep(time.time_ns(), spans=1_201)
        served.add(spans)
        address = f"{served.url}/traces/{spans[0].trace_id}"

        def places(path):
            return [int(place) for place in re.findall(r'aria-rowindex="(\d+)"', httpx2.get(address + path).text)]

        found, path = [], "?from=0"
        while path:  # as somebody without scripts goes on
            found += places(path)
            source = httpx2.get(address + path).text
            further = re.search(r'href="/traces/\w+(\?[^"]+)" data-part>[\d,]+ more', source)
            path = unescape(further[1]) if further else None
        assert found == list(range(1, 1_202))
        assert places("/rows.html?at=0-2,1200,1201") == [1, 2, 3, 1201]
        assert len(places("?from=0&rows=1201")) == 1_201
        late = next(span for span in reversed(spans) if span.kind == "tool")
        assert len(places(f"?span={late.span_id}")) == ROWS
        for bad in (
            "/rows.html?at=x",
            "/rows.html",
            "/rows.html?at=5-2",
            "/rows.html?at=0-9999",
            "?rows=-1",
            "?rows=0",
        ):
            assert httpx2.get(address + bad).status_code == 400, bad
        for bad in ("?show=some", "?text=html", "?from=-1"):
            assert httpx2.get(address + bad).status_code == 400, bad


def test_a_trace_is_seen_as_the_address_says(client):
    trace = find(client, "invoke_agent support", status="error")
    address = f"/traces/{trace['trace_id']}"
    data = client.get(f"{address}.json").json()
    kinds = {span["span_id"]: span["kind"] for span in data["spans"]}
    rows = r'aria-rowindex="(\d+)"'
    everything = page(client, address)
    assert (len(re.findall(rows, everything)), 'data-outline="1 2 2! 3 2"' in everything) == (5, True)
    assert len(re.findall(rows, page(client, f"{address}?show=errors"))) == 2
    assert len(re.findall(rows, page(client, f"{address}?show=critical"))) == len(data["critical_path"])
    root = data["spans"][0]["span_id"]
    assert len(re.findall(rows, page(client, f"{address}?span={root}&fold={root}"))) == 1
    assert {kinds[each["span_id"]] for each in data["critical_path"]} == {"agent", "llm", "tool", "other"}
    assert abs(sum(each["share"] for each in data["critical_path"]) - 1) < 1e-9
    assert [round(each["duration_ms"]) for each in data["idle"]] == [890]
    tool = data["idle"][0]["span_id"]
    assert "890 ms with nothing recorded" in client.get(f"{address}/spans/{tool}.html").text


def test_traces_of_a_session_lead_to_each_other(client):
    traces = sorted(
        client.get("/traces.json", params={"session_id": "s-204", "limit": 100}).json()["traces"],
        key=lambda trace: trace["start_time"],
    )
    ids = [trace["trace_id"] for trace in traces]
    assert len(ids) > 2
    for place, trace_id in enumerate(ids):
        shown = page(client, f"/traces/{trace_id}")
        assert f">{place + 1} of {len(ids)}</a>" in shown
        links = dict(re.findall(r'href="/traces/(\w+)" rel="(prev|next)"', shown))
        around = {ids[place - 1]: "prev"} if place else {}
        around |= {ids[place + 1]: "next"} if place + 1 < len(ids) else {}
        assert links == around
        beside = client.get(f"/traces/{trace_id}.json").json()["session"]
        assert (beside["number"], beside["total"], beside["session_id"]) == (place + 1, len(ids), "s-204")
    alone = find(client, "big agent run")["trace_id"]
    assert 'rel="prev"' not in page(client, f"/traces/{alone}")
    assert client.get(f"/traces/{alone}.json").json()["session"] is None


def test_texts_are_read_as_markdown_where_that_is_asked(tmp_path):
    with viewing.serve(tmp_path) as served:
        said = [message("assistant", "**Bold** ![x](https://evil.example/p.png) <b>no</b>", finish_reason="stop")]
        spans = [timed.llm(timed.trace_id(), at=time.time_ns() - 10**9, ms=5, output_messages=said)]
        served.add(spans)
        address = f"{served.url}/traces/{spans[0].trace_id}"
        for path in ("", f"/spans/{spans[0].span_id}.html"):
            plain, read = (httpx2.get(address + path + query).text for query in ("", "?text=markdown"))
            assert ("**Bold**" in plain, "<strong>Bold</strong>" in plain) == (True, False)
            assert "<strong>Bold</strong>" in read
            assert "&lt;b&gt;no" in read
            assert 'text=markdown"' in plain
            assert "img" not in markup.parse(read).tags


def test_a_span_as_something_to_run_is_plain_text(client):
    trace = find(client, "invoke_agent support", status="error")
    for span in client.get(f"/traces/{trace['trace_id']}.json").json()["spans"]:
        for ending, word in (("curl", "curl " if span["kind"] == "llm" else "#"), ("py", "=")):
            answer = client.get(f"/traces/{trace['trace_id']}/spans/{span['span_id']}.{ending}")
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert word in answer.text
    assert client.get(f"/traces/{trace['trace_id']}/spans/none.curl").status_code == 404


def test_a_long_trace_is_laid_out_anew_when_something_was_stored(tmp_path):
    with viewing.serve(tmp_path) as served:
        spans = stories.deep(time.time_ns() - 10**12, spans=6_001)
        served.add(spans[:6_000])
        address = f"{served.url}/traces/{spans[0].trace_id}"
        for wanted in (6_000, 6_001):
            first, second = (httpx2.get(address + query).text for query in ("", "?from=0"))
            for source in (first, second):
                assert f'aria-rowcount="{wanted}"' in source
            # The first page has the rows alone, and says that it is of no version, so that a script asks for it anew.
            assert ('data-version="rows"' in first, 'class="cells"' in first) == (True, False)
            assert ('data-version="rows"' in second, 'class="cells"' in second) == (False, True)
            assert 'class="cells"' in httpx2.get(address).text
            served.add(spans[6_000:])
