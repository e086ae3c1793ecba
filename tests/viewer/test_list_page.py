"""The list of traces over HTTP: filters, orders, facets, pages, and its twin."""

from __future__ import annotations

import re
import time
from html import unescape

import httpx2

from tests.support import stories, viewing
from tests.viewer.asking import page


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


def test_a_page_counts_values_only_for_those_who_open_them(client):
    shut = client.get("/traces", params={"q": "status:error", "limit": "5"}).text
    assert "facet-columns" not in shut
    assert '<a href="/traces?q=status%3Aerror&amp;limit=5&amp;facets=1">Count the values</a>' in shut
    opened = client.get("/traces", params={"q": "status:error", "limit": "5", "facets": "1"}).text
    assert '<details class="facets" id="facets" open>' in opened
    assert 'href="/traces?q=status%3Aerror+user%3Au-17&amp;limit=5"' in opened


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


def test_an_empty_store_says_how_to_begin(tmp_path):
    with viewing.serve(tmp_path) as empty:
        shown = httpx2.get(f"{empty.url}/").text
        assert "Waiting for the first trace" in shown
        assert f"OTEL_EXPORTER_OTLP_ENDPOINT={empty.url}" in shown
        empty.add(stories.running(time.time_ns()))
        assert "Nothing matches" in httpx2.get(f"{empty.url}/?text=nowhere-said").text
