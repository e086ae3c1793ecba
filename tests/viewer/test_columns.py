"""The columns that an address chooses: what they show, what is refused, and the same in the twin."""

from __future__ import annotations

import re
from html import unescape

import httpx2
import pytest

from tests.support import stories, viewing
from tracekit.errors import UsageError
from tracekit.model import Score
from tracekit.store import Batch
from tracekit_viewer.presenters.columns import DEFAULT, LABELS, canonical, choices, columns_of
from tracekit_viewer.presenters.question import question_of


def heads(page: str) -> list[str]:
    return [unescape(re.sub(r"<.*?>", "", head)) for head in re.findall(r"<th .*?</th>", page)]


def cells(page: str, label: str) -> list[str]:
    found = re.findall(rf'<span class="label">{re.escape(label)}</span>(.*?)</td>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<.*?>", " ", cell)).split()) for cell in found]


def test_without_a_choice_there_are_the_usual_ones() -> None:
    assert [column.key for column in columns_of("")] == list(DEFAULT)
    assert canonical([",".join(DEFAULT)]) == canonical([""]) == ""
    assert canonical(["input", " cost", "input,", ""]) == "input,cost"


def test_the_form_offers_what_is_chosen_first_and_everything_else_after_it() -> None:
    keys = [(each.column.key, each.chosen) for each in choices(columns_of("cost,score.x"))]
    assert keys[:2] == [("cost", True), ("score.x", True)]
    assert {key for key, chosen in keys if not chosen} == LABELS.keys() - {"cost"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("inptu", "did you mean input?"), ("score.", "score.NAME"), ("zzzz", "there are input, output")],
)
def test_a_column_that_there_is_none_of_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        columns_of(text)
    with pytest.raises(UsageError, match="30 columns; a list has 24"):
        columns_of(",".join(f"score.{number}" for number in range(30)))


def test_every_address_of_the_list_keeps_the_columns() -> None:
    question = question_of({"q": "torn", "columns": "input,score.a b", "sort": "slowest"})
    assert question.url("next") == "/traces?q=torn&sort=slowest&columns=input,score.a+b&cursor=next"
    assert question.narrowed("user", "u").columns == "input,score.a b"
    assert question.elsewhere("/review", trace="x") == "/review?q=torn&sort=slowest&trace=x"


def test_columns_scores_and_attributes_are_shown(client: httpx2.Client, served: viewing.Served) -> None:
    spans = stories.agent(1_700_000_000_000_000_000, question="How?", answer="So.", session="s-columns", user="u-c")
    spans[0].attributes = {"app.tier": "gold", "a/b~c": {"deep": [1]}}
    spans[1].attributes = {"app.tier": "not the root's", "only.below": "yes"}
    served.add(spans)
    served.store.commit(
        Batch(
            scores=[
                Score(trace_id=spans[0].trace_id, span_id=None, name="helpful", value=value, created_ns=number)
                for number, value in enumerate((0.5, 1.0))
            ]
        )
    )
    chosen = (
        "user,attribute.app.tier,attribute.a/b~c,attribute.only.below,attribute.none,score.helpful,score.none,spans"
    )
    query = {"q": "session:s-columns", "columns": chosen}
    page = client.get("/traces", params=query).text
    assert heads(page)[2:] == ["User", "app.tier", "a/b~c", "only.below", "none", "helpful", "none", "Spans"]
    assert cells(page, "User") == ["user u-c"]
    assert cells(page, "app.tier") == ["gold"]
    assert cells(page, "a/b~c") == ['{"deep":[1]}']
    assert cells(page, "only.below") == ["yes"]
    assert cells(page, "helpful") == ["0.75"]
    assert cells(page, "none") == ["\u2013", "\u2013"]
    assert cells(page, "Spans") == ["5 spans"]
    twin = client.get("/traces.json", params=query).json()
    assert twin["attributes"] == {spans[0].trace_id: {"app.tier": "gold", "a/b~c": '{"deep":[1]}', "only.below": "yes"}}
    assert "attributes" not in client.get("/traces.json", params={"q": "session:s-columns"}).json()


def test_the_form_leads_to_an_address_that_can_be_sent(client: httpx2.Client) -> None:
    answer = client.get("/traces", params={"q": "torn", "columns": ["cost", "input", "score.x"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces?q=torn&columns=cost,input,score.x")
    page = client.get(answer.headers["location"]).text
    assert heads(page)[2:] == ["Cost", "Input", "x"]
    assert page.count(" checked>") == 3


def test_a_column_that_there_is_none_of_leaves_the_rest_of_the_page(client: httpx2.Client) -> None:
    answer = client.get("/traces?columns=inptu")
    assert answer.status_code == 400
    assert "did you mean input?" in answer.text
    assert client.get("/traces.json?columns=inptu").status_code == 400


def test_hostile_names_of_columns_are_text(client: httpx2.Client) -> None:
    page = client.get("/traces", params={"columns": "score.<script>x,attribute.\u202egnp"}).text
    assert "<script>x" not in page
    assert "\u202egnp" not in re.sub(r'value="[^"]*"', "", page)
