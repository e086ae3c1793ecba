"""The pages over HTTP, on a real store: what they hold, their twins, their headers, and what they refuse."""

from __future__ import annotations

import re
import threading
import time
from html import unescape
from html.parser import HTMLParser

import httpx2
import pytest

from tests.support import journals, seeds, viewing
from tracekit.collector.ingest import Ingest
from tracekit.store import Batch
from tracekit.units import UNKNOWN
from tracekit_viewer import responses, text
from tracekit_viewer.presenters.heading import _warning


def find(client, name, **query):
    return next(
        t for t in client.get("/traces.json", params={"limit": 100, **query}).json()["traces"] if t["name"] == name
    )


def page(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


class Nodes(HTMLParser):
    """The text nodes and the attributes of a page."""

    def __init__(self, source):
        super().__init__()
        self.texts, self.tags = [], []
        self.feed(source)

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_list_shows_what_was_asked_and_answered(client):
    shown = page(client, "/")
    assert "Where is my order 8841?" in shown
    assert "30 days a year" in shown
    assert shown.count('role="row" class=') == 40
    assert page(client, "/traces").count('role="row" class=') == 40


def test_a_filter_narrows_the_page_and_its_twin_alike(client):
    for query in (
        {"status": "error"},
        {"model": "gpt-4o-mini"},
        {"text": "torn"},
        {"session_id": "s-204"},
        {"project": "docs"},
        {"name": "BIG"},
    ):
        twin = client.get("/traces.json", params=query).json()["traces"]
        shown = client.get("/traces", params=query).text
        assert 0 < len(twin) < 40, query
        assert re.findall(r'<tr role="row".*?data-key="(\w+)"', shown) == [t["trace_id"] for t in twin]


def test_one_text_asks_for_everything(client):
    for words, query in (
        ("status:error", {"status": "error"}),
        ("status:error 8841", {"status": "error", "text": "8841"}),
        ("project:docs -status:error", None),
        ("failed:tool sort", None),
        ("cost>0.001 tokens<1M duration<1h", None),
    ):
        twin = client.get("/traces.json", params={"q": words}).json()["traces"]
        shown = client.get("/traces", params={"q": words}).text
        assert re.findall(r'<tr role="row".*?data-key="(\w+)"', shown) == [t["trace_id"] for t in twin], words
        if query is not None:
            assert twin == client.get("/traces.json", params=query).json()["traces"]
            assert 0 < len(twin) < 40


def test_a_text_that_cannot_be_understood_is_shown_with_what_is_wrong(client):
    answer = client.get("/traces", params={"q": 'torn modle:"<b>"'})
    assert answer.status_code == 400
    assert "there is no field &#39;modle&#39;: did you mean model?" in answer.text
    assert 'value="torn modle:&#34;&lt;b&gt;&#34;"' in answer.text
    twin = client.get("/traces.json", params={"q": "cost>cheap"})
    assert (twin.status_code, "at character 1" in twin.json()["error"]) == (400, True)


def test_orders_and_their_pages(client):
    for sort, key in (("slowest", "duration_ms"), ("dearest", "cost_usd")):
        rows, cursor = [], None
        while True:
            query = {"sort": sort, "limit": 15, **({"cursor": cursor} if cursor else {})}
            found = client.get("/traces.json", params=query).json()
            rows += found["traces"]
            cursor = found["next"]
            if cursor is None:
                break
        known = [row[key] for row in rows if row[key] is not None]
        assert known == sorted(known, reverse=True)
        assert len({row["trace_id"] for row in rows}) == len(rows) == 40
        first = client.get("/traces", params={"sort": sort, "limit": 15}).text
        (more,) = re.findall(r'href="(/traces\?[^"]+)" rel="next"', first)
        assert re.findall(r'<tr role="row".*?data-key="(\w+)"', page(client, unescape(more))) == [
            row["trace_id"] for row in rows[15:30]
        ]
    assert client.get("/traces", params={"sort": "oldest"}).status_code == 400


def test_facets_count_what_a_click_would_show(client):
    for words in ("", "status:error", "model:gpt-4o -user:u-17", "torn"):
        counted = client.get("/traces.json", params={"q": words, "facets": "1"}).json()["facets"]
        assert counted["status"]["values"]
        for name, facet in counted.items():
            for value, count in facet["values"].items():
                rest = " ".join(part for part in words.split() if not part.startswith(f"{name}:"))
                asked = f'{rest} {name}:"{value}"'
                shown = client.get("/traces.json", params={"q": asked, "limit": 100}).json()["traces"]
                assert len(shown) == count, asked


def test_a_failed_row_leads_to_the_span_that_failed(client):
    found = client.get("/traces.json", params={"q": "failed:tool"}).json()
    assert found["traces"]
    shown = page(client, "/traces?q=failed:tool")
    for trace in found["traces"]:
        place = found["failures"][trace["trace_id"]]
        assert f'/traces/{trace["trace_id"]}?span={place["span_id"]}"' in shown
        assert client.get(f"/traces/{trace['trace_id']}/spans/{place['span_id']}.json").json()["status"] == "error"


def test_a_search_that_could_not_look_everywhere_says_so(client):
    assert 'class="warning"' not in page(client, "/traces?text=torn")
    assert "The query holds no word that could be searched for." in page(client, "/traces?text=%25")


def test_older_pages_follow_without_a_hole(client):
    ids, cursor = [], None
    while True:
        found = client.get("/traces.json", params={"limit": 15, **({"cursor": cursor} if cursor else {})}).json()
        ids += [t["trace_id"] for t in found["traces"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert len(ids) == len(set(ids)) == 40
    first = client.get("/traces", params={"limit": 15}).text
    (older,) = re.findall(r'href="(/traces\?[^"]+)" rel="next"', first)
    assert re.findall(r'<tr role="row".*?data-key="(\w+)"', page(client, unescape(older))) == ids[15:30]


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


def test_hostile_text_reaches_no_markup(client):
    trace = find(client, seeds.HOSTILE)
    spans = client.get(f"/traces/{trace['trace_id']}.json").json()["spans"]
    paths = [
        "/",
        f"/traces/{trace['trace_id']}",
        *(f"/traces/{trace['trace_id']}?span={span['span_id']}" for span in spans),
    ]
    for path in paths:
        nodes = Nodes(page(client, path))
        shown = [
            *nodes.texts,
            *(
                attributes[name]
                for _, attributes in nodes.tags
                for name in ("title", "aria-label")
                if name in attributes
            ),
        ]
        assert not any(text._marker(words, match) for words in shown for match in text._SUSPECT.finditer(words))
        assert {tag for tag, _ in nodes.tags} <= ALLOWED_TAGS
        for tag, attributes in nodes.tags:
            assert not any(name.startswith("on") or name == "style" for name in attributes), tag
            for name in ("href", "src", "action"):
                assert attributes.get(name, "/").startswith(("/", "#")), attributes
            assert not attributes.get("href", "").startswith("//")


ALLOWED_TAGS = {
    *("html", "head", "meta", "title", "link", "script", "body"),
    *("header", "main", "nav", "section", "article", "figure", "figcaption"),
    *("h1", "h2", "h3", "p", "pre", "code"),
    *("ol", "ul", "li", "dl", "dt", "dd", "div", "span", "a", "kbd", "time", "details", "summary", "dialog"),
    *("form", "label", "input", "textarea", "select", "option", "datalist", "output", "b", "del", "ins"),
    *("fieldset", "legend"),
    *("button", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "symbol", "use", "path", "rect", "circle", "line", "text"),
}


def test_every_answer_carries_the_policy(client):
    trace = client.get("/traces.json").json()["traces"][0]["trace_id"]
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page(client, "/")).group(1)
    paths = [
        "/",
        "/traces",
        "/traces.json",
        f"/traces/{trace}",
        f"/traces/{trace}.json",
        "/traces/none",
        "/traces?limit=x",
        stylesheet,
        "/static/x/none.js",
    ]
    for path in paths:
        headers = client.get(path).headers
        assert headers["content-security-policy"] == responses.POLICY, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert "unsafe" not in responses.POLICY


def test_static_files_are_for_ever_under_their_digest_only(client):
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page(client, "/")).group(1)
    assert client.get(stylesheet).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/outdated/viewer.css").headers["cache-control"] == "no-store"
    assert client.get("/static/x/..%2fapp.py").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/traces/0000", 404, "No trace &#39;0000&#39; is stored here"),
        ("/traces?cursor=junk", 400, "none of tracekit"),
        ("/traces?limit=0", 400, "from 1 to 500"),
        ("/traces?limit=many", 400, "limit=&#39;many&#39;"),
        ("/nowhere", 404, "There is no page at /nowhere"),
    ],
)
def test_what_cannot_be_shown_says_why(client, path, status, said):
    answer = client.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_errors_of_a_twin_are_json_and_of_other_programs_plain(client):
    assert client.get("/traces/0000.json").json() == {
        "error": "No trace '0000' is stored here. It may live in another data directory."
    }
    trace = client.get("/traces.json").json()["traces"][0]["trace_id"]
    assert client.get(f"/traces/{trace}/spans/none.json").status_code == 404
    plain = client.get("/nowhere", headers={"accept": "*/*"})
    assert (plain.text, plain.headers["content-type"]) == (
        "There is no page at /nowhere.",
        "text/plain; charset=utf-8",
    )


def test_pages_are_compressed_only_for_those_who_ask(client, served):
    with httpx2.Client(base_url=served.url, headers={"accept-encoding": "identity"}) as plain:
        assert "content-encoding" not in plain.get("/").headers
    assert client.get("/").headers["content-encoding"] == "gzip"


def test_an_empty_store_says_how_to_begin(tmp_path):
    with viewing.serve(tmp_path) as empty:
        shown = httpx2.get(f"{empty.url}/").text
        assert "Waiting for the first trace" in shown
        assert f"OTEL_EXPORTER_OTLP_ENDPOINT={empty.url}" in shown
        empty.add(seeds.running(time.time_ns()))
        assert "Nothing matches" in httpx2.get(f"{empty.url}/?text=nowhere-said").text


def versions(stream):
    return (int(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: "))


def test_the_stream_says_the_version_and_then_each_change(tmp_path):
    with viewing.serve(tmp_path) as served, httpx2.stream("GET", f"{served.url}/live", timeout=10) as stream:
        heard = versions(stream)
        assert next(heard) == served.store.version
        served.add(seeds.stream_cut(time.time_ns()))
        assert next(heard) == served.store.version


def test_an_open_stream_does_not_keep_the_server_from_stopping(tmp_path):
    with viewing.serve(tmp_path) as served, httpx2.stream("GET", f"{served.url}/live", timeout=10) as stream:
        heard = versions(stream)
        assert next(heard) == served.store.version
        served.server.should_exit = True
        assert list(heard) == []  # one that was cut off would raise


def test_questions_from_many_readers_at_once(client, served):
    statuses = []

    def read():
        statuses.extend(
            httpx2.get(f"{served.url}{path}").status_code for path in ("/", "/traces?text=order", "/traces.json")
        )

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 18


def test_a_process_that_died_is_interrupted_and_not_running(tmp_path):
    with viewing.serve(tmp_path) as served:
        served.add(seeds.running(time.time_ns()))
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
        other, *_ = spans = seeds.running(time.time_ns())
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
        spans = seeds.deep(time.time_ns(), spans=1_201)
        served.add(spans)
        address = f"{served.url}/traces/{spans[0].trace_id}"

        def places(path):
            return [int(place) for place in re.findall(r'aria-rowindex="(\d+)"', httpx2.get(address + path).text)]

        assert places("") + places("/rows.html?from=500") + places("/rows.html?from=1000") == list(range(1, 1_202))
        assert places("/rows.html?from=1201") == []
        assert len(places("?rows=1201")) == 1_201
        late = next(span for span in reversed(spans) if span.kind == "tool")
        assert len(places(f"?span={late.span_id}")) > 1_000
        for bad in ("/rows.html?from=x", "?rows=-1", "?rows=0"):
            assert httpx2.get(address + bad).status_code == 400
