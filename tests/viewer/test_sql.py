"""A person's own question, over HTTP: rows, files, refusals, and the end of what takes too long."""

from __future__ import annotations

import io
import re
import time

import httpx2
import pyarrow.parquet as pq
import pytest

from tests.support import viewing
from tracekit.errors import QueryError
from tracekit_viewer.routes import sql

ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) = 7"


def test_rows_are_a_table_and_say_where_they_end(client: httpx2.Client) -> None:
    page = client.get("/sql", params={"q": "SELECT name, NULL AS nothing, 7 AS n FROM spans", "limit": 3}).text
    assert page.count("<tr>") == 4
    assert "There are more: the limit is 3" in page
    assert '<span class="unknown">NULL</span>' in page
    assert 'class="r num">7<' in page
    whole = client.get("/sql", params={"q": "SELECT 1 AS one"}).text
    assert "There are more" not in whole
    assert "1 row<" in whole


def test_views_and_columns_stand_beside_it(client: httpx2.Client) -> None:
    page = client.get("/sql").text
    for name in ("spans", "traces", "messages", "scores"):
        assert f"<code>{name}</code>" in page
    assert "<code>input_messages</code>" in page
    assert "internal" not in page


def test_the_twin_and_the_files_have_the_same_rows(client: httpx2.Client) -> None:
    query = {"q": "SELECT trace_id, cost_usd, start_time FROM traces ORDER BY trace_id LIMIT 5"}
    twin = client.get("/sql.json", params=query).json()
    assert [column["name"] for column in twin["columns"]] == ["trace_id", "cost_usd", "start_time"]
    csv = client.get("/sql.csv", params=query)
    assert csv.headers["content-disposition"] == 'attachment; filename="tracekit.csv"'
    assert [line.split(",")[0] for line in csv.text.splitlines()[1:]] == [row[0] for row in twin["rows"]]
    table = pq.read_table(io.BytesIO(client.get("/sql.parquet", params=query).content))
    assert table.column("trace_id").to_pylist() == [row[0] for row in twin["rows"]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT nme FROM spans", "nme"),
        ("SELEC", "syntax error"),
        ("DELETE FROM internal.spans", "queries only read"),
        ("SELECT 1; SELECT 2", "one by one"),
        ("FROM read_csv('/etc/passwd')", "disabled"),
    ],
)
def test_what_is_wrong_stands_under_the_query(client: httpx2.Client, query: str, words: str) -> None:
    answer = client.get("/sql", params={"q": query})
    assert words in re.search(r'id="sql-error".*?</pre>', answer.text, re.DOTALL).group()  # pyright: ignore[reportOptionalMemberAccess]
    for form in ("json", "csv", "parquet"):
        assert client.get(f"/sql.{form}", params={"q": query}).status_code == 400


def test_a_query_without_end_is_ended(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "SECONDS", 0.3)
    page = client.get("/sql", params={"q": ENDLESS})
    assert "ended after 0.3 seconds" in page.text


def test_the_store_answers_after_it_has_ended_a_query(served: viewing.Served) -> None:
    began = time.monotonic()
    with pytest.raises(QueryError, match="ended after"):
        served.store.ask(ENDLESS, limit=1, seconds=0.2)
    assert time.monotonic() - began < 30  # it would take days
    assert served.store.ask("SELECT 1", limit=1, seconds=0.2).rows == [(1,)]


def test_a_file_is_never_cut_off(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "FILE_ROWS", 3)
    assert client.get("/sql.csv", params={"q": "FROM range(4)"}).status_code == 413
    assert client.get("/sql.csv", params={"q": "FROM range(3)"}).status_code == 200


def test_a_link_of_another_site_runs_nothing(client: httpx2.Client) -> None:
    other = {"sec-fetch-site": "cross-site"}
    page = client.get("/sql", params={"q": "SELECT 41 + 1 AS sum"}, headers=other).text
    assert "it has not been run" in page
    assert ">42<" not in page
    assert client.get("/sql.csv", params={"q": "SELECT 1"}, headers=other).status_code == 403


def test_hostile_values_and_names_are_text(client: httpx2.Client) -> None:
    query = "SELECT '<script>x</script>' || chr(8238) AS \"<img src=x>\", repeat('a', 500) AS long"
    page = client.get("/sql", params={"q": query}).text
    assert "<script>x" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "100 more characters" in page


def test_the_words_of_a_query_are_told_with_every_column(client: httpx2.Client, served: viewing.Served) -> None:
    told = client.get("/sql/words.json").json()
    assert [[name, kind] for name, kind, *_ in served.store.sql("DESCRIBE traces").rows] == told["views"]["traces"]
    assert {"select", "from", "where", "qualify"} <= set(told["keywords"])
    assert {"count", "quantile_cont", "date_trunc"} <= set(told["functions"])
    assert "internal" not in str(told["views"].keys())


def test_rows_are_drawn_where_that_is_asked_for(client: httpx2.Client) -> None:
    query = "SELECT '<b>' || kind AS kind, count(*) AS \"<i>\" FROM spans GROUP BY ALL ORDER BY 2 DESC"
    page = client.get("/sql", params={"q": query, "show": "chart"}).text
    assert page.count('class="piece s-llm"') == len(client.get("/sql.json", params={"q": query}).json()["rows"])
    assert "<b>" not in page
    assert "<i>" not in re.sub(r"<i></i>", "", page)
    assert 'name="show" value="chart"' in page
    assert "show=chart" not in re.findall(r'<a href="([^"]*)"[^>]*>Table</a>', page)[0]
    assert client.get("/sql", params={"q": query, "show": "pie"}).status_code == 400
    none = client.get("/sql", params={"q": "SELECT 'a' AS x", "show": "chart"}).text
    assert "A chart needs a first column" in none
