"""The pages of sums over HTTP: what they add up, what they leave out and say so, where they lead, what they refuse."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import httpx2
import pytest

from tests.support import hostile, timed, viewing
from tests.support.spans import message
from tracekit.query import analytics
from tracekit.store import Batch

PATHS = ("/overview", "/models", "/errors", "/tools", "/sessions", "/users")
MINUTE = 60_000


@pytest.fixture(scope="module")
def whole(client):
    """The same sums, made from every span that the trace pages show."""
    traces = client.get("/traces.json", params={"limit": 500}).json()["traces"]
    return [client.get(f"/traces/{each['trace_id']}.json").json() for each in traces]


@pytest.fixture
def fresh(tmp_path) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path) as running:
        yield running


@pytest.fixture
def near(fresh) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=fresh.url, timeout=20) as client:
        yield client


def get(client, path, status=200, **params):
    answer = client.get(path, params=params)
    assert answer.status_code == status, answer.text
    return answer


def links(shown):
    return [unescape(href) for href in re.findall(r'href="([^"]+)"', shown)]


def test_the_overview_adds_up_what_the_traces_say(client, whole):
    found = get(client, "/overview.json", range="all").json()
    assert found["traces"]["whole"]["traces"] == len(whole)
    assert found["traces"]["whole"]["failed"] == sum(each["error_count"] > 0 for each in whole)
    assert found["calls"]["whole"]["input_tokens"] == sum(each["input_tokens"] or 0 for each in whole)
    assert found["calls"]["whole"]["cost_usd"] == pytest.approx(sum(each["cost_usd"] or 0 for each in whole))
    assert found["calls"]["whole"]["unpriced"] == sum(each["unpriced_spans"] for each in whole) == 1
    durations = sorted(each["duration_ms"] for each in whole if each["duration_ms"] is not None)
    assert found["traces"]["whole"]["ended"] == len(durations) == len(whole) - 1
    assert durations[len(durations) // 2 - 1] <= found["traces"]["whole"]["p50_ms"] <= durations[len(durations) // 2]
    for name in ("traces", "calls"):
        assert sum(each[name] for each in found[name]["buckets"]) == found[name]["whole"][name]


def test_every_bar_leads_to_just_its_traces(client):
    shown = get(client, "/overview", range="7d").text
    found = get(client, "/overview.json", range="7d").json()
    listed = failed = 0
    chart = shown.partition('id="traffic"')[2].partition("</svg>")[0]
    for href in links(chart):
        rows = client.get(href.replace("/traces?", "/traces.json?") + "&limit=500").json()["traces"]
        if "status=error" in href:
            assert all(each["error_count"] for each in rows)
            failed += len(rows)
        else:
            listed += len(rows)
    assert listed == found["traces"]["whole"]["traces"] > 0
    assert failed == found["traces"]["whole"]["failed"] > 0


def test_a_chart_has_a_twin_with_the_same_values(client):
    shown = get(client, "/overview", range="all").text
    twin = shown.partition('id="traffic"')[2].partition("<table")[2].partition("</table>")[0]
    values = [re.findall(r'class="num[^>]*>([^<]+)<', row) for row in twin.split("<tr>")[2:]]
    found = get(client, "/overview.json", range="all").json()["traces"]["buckets"]
    assert [(int(failed), int(fine)) for failed, fine in values] == [
        (each["failed"], each["traces"] - each["failed"]) for each in reversed(found)
    ]


@pytest.mark.parametrize("by", ["model", "provider", "project", "user", "tool", "day"])
def test_usage_by_anything_has_the_same_sum(client, by):
    found = get(client, "/models.json", by=by, range="all").json()
    for name in ("calls", "input_tokens", "output_tokens", "cache_read_tokens", "unpriced"):
        assert sum(each[name] or 0 for each in found["rows"]) == found["whole"][name] > 0
    assert sum(each["cost_usd"] or 0 for each in found["rows"]) == pytest.approx(found["whole"]["cost_usd"])
    shown = get(client, "/models", by=by, range="all").text
    assert 'aria-current="true">' + by.capitalize() in shown
    assert "+ 1 call of unknown price" in shown


def test_groups_come_page_by_page_each_with_the_whole(client):
    everything = get(client, "/models.json", range="all").json()
    rows, start = [], 0
    while start is not None:
        found = get(client, "/models.json", range="all", limit=2, **{"from": start}).json()
        assert found["whole"] == everything["whole"]
        rows, start = rows + found["rows"], found["next"]
    assert rows == everything["rows"]
    shown = get(client, "/models", range="all", limit=2).text
    assert 'rel="next"' in shown
    assert f"1 to 2 of {len(rows)}" in shown


def test_an_unknown_price_is_told_and_is_no_zero(client):
    rows = {each["key"]: each for each in get(client, "/models.json").json()["rows"]}
    assert rows["llama-3.3-70b-local"]["cost_usd"] is None
    assert (rows["llama-3.3-70b-local"]["calls"], rows["llama-3.3-70b-local"]["unpriced"]) == (1, 1)


def test_what_caching_saved_is_the_difference_of_the_prices(client):
    rows = {each["key"]: each for each in get(client, "/models.json").json()["rows"]}
    # gpt-4o: 2.50 USD for a million tokens of input, 1.25 where they come from the cache
    read = rows["gpt-4o"]["cache_read_tokens"]
    assert read > 0
    assert rows["gpt-4o"]["saved_usd"] == pytest.approx(read * 1.25 / 1_000_000)
    assert rows["claude-sonnet-4-5"]["saved_usd"] is None


def test_a_cache_whose_price_nobody_knows_is_counted_and_one_that_is_never_read_costs(fresh, near):
    now = time.time_ns()
    fresh.add(
        [
            timed.llm(
                timed.trace_id(),
                at=now,
                ms=1,
                model="own-model",
                provider="x",
                response_model=None,
                cache_read_tokens=9,
            )
        ],
        [
            timed.llm(
                timed.trace_id(),
                at=now,
                ms=1,
                model="claude-sonnet-4-5",
                provider="anthropic",
                response_model="claude-sonnet-4-5",
                cache_write_tokens=1_000,
            )
        ],
    )
    rows = {each["key"]: each for each in get(near, "/models.json").json()["rows"]}
    assert (rows["own-model"]["saved_usd"], rows["own-model"]["saving_unknown"]) == (None, 1)
    # 3 USD for a million tokens of input, a quarter more where they are written to the cache
    assert rows["claude-sonnet-4-5"]["saved_usd"] == pytest.approx(-1_000 * 0.75 / 1_000_000)
    shown = get(near, "/models").text
    assert "+ 1 call unknown" in shown
    assert "-$0.00075" in shown


def test_calls_beneath_a_tool_are_those_of_the_nearest(fresh):
    trace, at = timed.trace_id(), time.time_ns()
    outer = timed.span(trace, "outer", at=at, ms=9, kind="tool", tool_name="outer")
    step = timed.span(trace, "step", at=at, ms=8, parent=outer, kind="chain")
    inner = timed.span(trace, "inner", at=at, ms=7, parent=step, kind="tool", tool_name="inner")
    calls = [
        timed.llm(trace, at=at, ms=1, parent=parent, cost_usd=cost)
        for parent, cost in ((step, 1.0), (inner, 2.0), (None, 4.0))
    ]
    fresh.add([outer, step, inner, *calls])
    found = httpx2.get(f"{fresh.url}/models.json?by=tool").json()["rows"]
    assert {each["key"]: each["cost_usd"] for each in found} == {None: 4.0, "inner": 2.0, "outer": 1.0}


def test_what_another_span_tells_of_is_counted_once(fresh):
    trace, at = timed.trace_id(), time.time_ns()
    outer = timed.llm(trace, at=at, ms=5, response_id="same")
    inner = timed.llm(trace, at=at, ms=4, parent=outer, response_id="same")
    fresh.add([outer, inner])
    whole = httpx2.get(f"{fresh.url}/models.json").json()["whole"]
    [trace_row] = httpx2.get(f"{fresh.url}/traces.json").json()["traces"]
    assert (whole["calls"], whole["input_tokens"]) == (1, trace_row["input_tokens"])


def test_a_user_named_at_the_root_owns_the_calls_beneath(fresh):
    trace, at = timed.trace_id(), time.time_ns()
    root = timed.span(trace, "root", at=at, ms=5, kind="agent", user_id="ada")
    fresh.add([root, timed.llm(trace, at=at, ms=1, parent=root)])
    assert [each["key"] for each in httpx2.get(f"{fresh.url}/models.json?by=user").json()["rows"]] == ["ada"]


def failing(message, *, name="call", error="ValueError", minutes=0):
    at = time.time_ns() - (minutes * MINUTE + 1_000) * timed.MS
    return [timed.span(timed.trace_id(), name, at=at, ms=1, status="error", error_type=error, status_message=message)]


def test_errors_alike_but_for_numbers_and_ids_are_one_kind(fresh, near):
    same = (
        "order 17 of 2026-11-29 not found (id 3f2b8c1e-9a4d-4c7b-8e21-0d6f5a3b2c10)",
        "order 8,841 of 2026-01-02 not found (id 00000000-9a4d-4c7b-8e21-0d6f5a3b2c11)",
    )
    fresh.add(
        failing(same[0], minutes=50),
        failing(same[1], minutes=20),
        failing(same[0], name="other"),
        failing(same[0], error="KeyError"),
        failing("order 17 lost"),
        failing(None),
    )
    found = get(near, "/errors.json").json()
    assert (found["failed"], found["total"]) == (6, 5)
    first = found["errors"][0]
    assert (first["count"], first["traces"], first["newest_message"]) == (2, 2, same[1])
    assert first["first_seen"] < first["last_seen"]
    shown = get(near, f"/errors/{first['fingerprint']}").text
    assert "2 failed spans in 2 traces" in shown
    assert f"/traces/{first['newest_trace']}?span={first['newest_span']}" in links(shown)
    affected = get(near, f"/errors/{first['fingerprint']}.json").json()
    assert [each["said"] for each in affected["affected"]] == [same[1], same[0]]
    assert get(near, f"/errors/{first['fingerprint']}.json", range="1h", limit=1).json()["next"] == 1
    assert get(near, "/errors.json", limit=2, **{"from": 4}).json()["next"] is None
    assert "(no message)" in get(near, "/errors").text
    get(near, "/errors/0123456789abcdef", 404)


def test_tools_say_how_often_how_long_and_with_what(client, served):
    found = {each["tool"]: each for each in get(client, "/tools.json", range="all").json()["tools"]}
    tool = found["get_order"]
    [(calls, failed, median)] = served.store.sql(
        "SELECT count(*), count(*) FILTER (status = 'error'), median(duration_ms) FROM spans WHERE tool_name = ?",
        ["get_order"],
    ).rows
    assert (tool["calls"], tool["failed"], tool["p50_ms"]) == (calls, failed, median)
    assert tool["arguments"] == [{"arguments": '{"order_id":"8841","expand":["items","payments"]}', "calls": calls}]
    assert len(found["search"]["arguments"]) == analytics.ARGUMENTS
    shown = get(client, "/tools", range="all").text
    assert f"/traces/{tool['failed_trace']}?span={tool['failed_span']}" in links(shown)


def test_a_session_is_a_conversation(fresh, near):
    at, session = time.time_ns(), "a/b c?"
    history = [
        message("user", "Hello"),
        message("assistant", "Hi, what can I do?"),
        message("user", "Where is my parcel?"),
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "find", "arguments": {}}]},
    ]
    answers = ("Hi, what can I do?", "In <b>Kassel</b>.")
    for number, (asked, answer) in enumerate(zip((history[:1], history), answers, strict=True)):
        fresh.add(
            [
                timed.llm(
                    timed.trace_id(),
                    at=at - (2 - number) * 5 * MINUTE * timed.MS,
                    ms=10,
                    session_id=session,
                    user_id="ada",
                    input_messages=asked,
                    output_messages=[message("assistant", answer)],
                )
            ]
        )
    [row] = get(near, "/sessions.json").json()["sessions"]
    assert (row["session_id"], row["traces"], row["users"]) == (session, 2, ["ada"])
    path = f"/sessions/{quote(session, safe='')}"
    assert path in links(get(near, "/sessions").text)
    shown = get(near, path).text
    places = [
        shown.index(each) for each in ("Hello", answers[0], "Where is my parcel?", "In &lt;b&gt;Kassel&lt;/b&gt;.")
    ]
    assert places == sorted(places)
    assert "5 m 00 s later" in shown or "4 m 59 s later" in shown
    twin = get(near, path + ".json").json()
    assert [each["asked"] for each in twin["traces"]] == ["Hello", "Where is my parcel?"]
    assert twin["whole"]["traces"] == 2
    assert f"/traces/{twin['traces'][1]['trace_id']}" in links(shown)
    later = get(near, path + ".json", limit=1, **{"from": 1}).json()
    assert ([each["asked"] for each in later["traces"]], later["next"]) == (["Where is my parcel?"], None)
    assert get(near, "/sessions.json", user_id="bob").json()["sessions"] == []
    get(near, "/sessions/none", 404)


def test_users_are_told_by_what_they_cost(client, whole):
    found = get(client, "/users.json", range="all").json()["users"]
    costs = [each["cost_usd"] for each in found]
    assert costs == sorted(costs, reverse=True)
    ada = next(each for each in found if each["user_id"] == "u-4")
    assert ada["traces"] == sum(each["user_id"] == "u-4" for each in whole)


@pytest.mark.parametrize("path", PATHS)
def test_hostile_names_are_escaped_and_still_lead_somewhere(client, path):
    shown = get(client, path, range="all").text
    assert "<script>window" not in shown
    assert "javascript:" not in " ".join(href for href in links(shown) if not href.startswith("/"))
    for href in links(shown):
        assert href.startswith(("/", "#"))
    if path == "/sessions":
        assert client.get(f"/sessions/{quote(hostile.MIXTURE, safe='')}").status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_time_without_anything_says_so_and_an_empty_store_too(client, fresh, path):
    assert "The newest trace began" in get(client, path, since="2020-01-01", until="2020-01-02").text
    assert "No trace is stored yet" in httpx2.get(fresh.url + path).text
    assert httpx2.get(fresh.url + path + ".json").status_code == 200
    assert httpx2.get(fresh.url + path + "?range=all").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["range=2h", "since=yesterday", "since=2026-02-02&until=2026-01-01", "until=9999-12-31T23:59:59-12:00"],
)
def test_what_is_no_time_is_refused_in_words(client, query):
    for path in ("/overview", "/errors.json"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400, answer.text


def test_other_questions_that_cannot_be_asked(client):
    get(client, "/models", 400, by="weather")
    get(client, "/tools", 400, limit="0")
    get(client, "/traces", 400, since="soon")


def test_the_list_is_narrowed_to_a_time(client):
    everything = client.get("/traces.json", params={"limit": 500}).json()["traces"]
    middle = everything[20]["start_time"]
    newer = client.get("/traces.json", params={"limit": 500, "since": middle}).json()["traces"]
    older = client.get("/traces.json", params={"limit": 500, "until": middle}).json()["traces"]
    assert newer + older == everything
    assert "Remove filter since" in client.get("/traces", params={"since": middle}).text


def test_an_open_call_is_counted_and_nothing_of_it_is_made_up(fresh):
    fresh.store.commit(
        Batch(
            opened={
                "app.tkj": [
                    timed.llm(
                        timed.trace_id(),
                        at=time.time_ns(),
                        ms=None,
                        counted=False,
                        input_tokens=None,
                        output_tokens=None,
                        cost_usd=None,
                    )
                ]
            }
        )
    )
    [row] = httpx2.get(f"{fresh.url}/models.json").json()["rows"]
    assert (row["calls"], row["unpriced"], row["cost_usd"], row["p50_ms"]) == (1, 0, None, None)
    assert "0 of 1 have ended" in httpx2.get(f"{fresh.url}/overview").text


@pytest.mark.parametrize(
    "path", ["/overview", "/models", "/errors", "/tools", "/sessions", "/users", "/sessions/s-204"]
)
def test_a_page_that_is_open_is_told_of_what_is_new_and_knows_its_rows_again(client, served, path):
    page = get(client, path, range="all").text
    assert f'data-version="{served.store.version}" data-pace="2000"' in page
    assert page.count('data-live="sums"') == 1
    keys = re.findall(r'<(?:tr|li) data-key="([^"]*)"', page)
    assert len(keys) == len(set(keys))
    assert len(keys) > 1 or path == "/overview"


def test_what_was_said_of_a_session_stands_on_its_page_and_can_be_said_there(client, served):
    form = {"session_id": "s-204", "name": "correct", "value": "0", "comment": "never <b>solved</b>"}
    answer = client.post("/scores", data=form | {"back": "/sessions/s-204"})
    assert answer.headers["location"] == "/sessions/s-204"
    page = client.get("/sessions/s-204").text
    assert "never &lt;b&gt;solved&lt;/b&gt;" in page
    assert "session s-204, by human" in page
    [said] = client.get("/sessions/s-204.json").json()["scores"]
    assert (said["name"], said["value"], said["trace_id"]) == ("correct", 0.0, None)
    assert "never" not in client.get("/sessions/s-205").text
