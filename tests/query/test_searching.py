from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tracekit.errors import QueryError
from tracekit.query import searching
from tracekit.query.traces import Filters, list_traces
from tracekit.store import Batch, Store
from tracekit.store.search.following import catch_up


def names(store: Store, **filters: Any) -> list[str]:
    return [trace["name"] for trace in list_traces(store, filters=Filters(**filters)).traces]


@pytest.mark.parametrize("indexed", [0, 1, 2], ids=["nothing indexed", "half indexed", "all indexed"])
def test_pages_of_a_search_join_up(store: Store, indexed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_FIRST", 2)
    monkeypatch.setattr(searching, "_SCANNED", 3)
    rng = random.Random(4)
    starts = [BASE_NS + rng.randrange(20) * SECOND for _ in range(30)]  # stored in another order than they started
    spans = [span(f"t{n} {'even' if n % 2 else 'odd'}", trace=n + 1, start_ns=start) for n, start in enumerate(starts)]
    for half in (spans[:15], spans[15:]):
        store.commit(Batch(spans=half))
        if indexed == 2 or (indexed == 1 and half is not spans and store.version == 1):
            catch_up(store.index, store)
    for query in ("even", "eve*", '"even"', "t5"):
        seen: list[str] = []
        cursor: str | None = None
        for page_number in itertools.count():
            page = list_traces(store, limit=4, cursor=cursor, filters=Filters(text=query))
            seen += [trace["name"] for trace in page.traces]
            cursor = page.next
            if cursor is None:
                assert page_number == (len(seen) - 1) // 4
                break
        everything = [trace["name"] for trace in list_traces(store, limit=99).traces]
        wanted = query.strip('"*')
        assert seen == [name for name in everything if any(word.startswith(wanted) for word in name.split())
                        and (wanted != "t5" or name.startswith("t5 "))], query  # fmt: skip


@pytest.mark.parametrize("indexed", [False, True])
def test_all_words_are_in_one_span_and_the_other_filters_hold(store: Store, *, indexed: bool) -> None:
    asked = [message("user", "the family discount")]
    store.commit(
        Batch(
            spans=[
                call("one", trace=1, number=1, input_messages=asked, attributes={"app.tier": "gold", "app.n": 12}),
                span("two", trace=2, number=1, input="family", attributes={"app.tier": "silver"}, project="other"),
                span("child", trace=2, number=2, parent=1, input="discount", attributes={"app.list": ["x", 1]}),
            ],
            opened={
                "j": [span("three", trace=3, input="an open family", end_ns=None, attributes={"app.tier": "gold"})]
            },
        )
    )
    if indexed:
        catch_up(store.index, store)
    assert sorted(names(store, text="family")) == ["one", "three", "two"]
    assert names(store, text="family discount") == ["one"]
    assert names(store, text="family", project="other") == ["two"]
    assert sorted(names(store, attributes=(("app.tier", "gold"),))) == ["one", "three"]
    assert names(store, attributes=(("app.tier", "Gold"),)) == []
    assert sorted(names(store, attributes=(("app.tier", None),))) == ["one", "three", "two"]
    assert names(store, attributes=(("app.n", "12"),)) == ["one"]
    assert names(store, attributes=(("app.list", '["x",1]'),)) == ["two"]
    assert names(store, attributes=(("app.absent", None),)) == []
    assert names(store, text="open", attributes=(("app.tier", "gold"),)) == ["three"]
    assert names(store, text=f"{2:032X}") == ["two"]


def test_a_query_without_a_word_says_so(store: Store) -> None:
    page = list_traces(store, filters=Filters(text='"—" %'))
    assert (page.traces, page.notice) == ([], "The query holds no word that could be searched for.")


def test_what_there_was_no_time_for_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.commit(Batch(spans=[span("family discount", trace=1), span("more", trace=2)]))
    monkeypatch.setattr(searching, "SCAN_SECONDS", 0.0)
    page = list_traces(store, filters=Filters(text="family"))
    assert page.traces == []
    assert page.notice == "2 spans are not in the search index yet, and were not looked through."
    catch_up(store.index, store)
    assert list_traces(store, filters=Filters(text="family")).notice is None
    page = list_traces(store, filters=Filters(text='"family discount"'))
    assert page.notice is not None
    assert page.notice.startswith("Words in a row were looked for during 0 s")


def test_a_damaged_index_is_written_anew_and_the_search_answered(store: Store) -> None:
    store.commit(Batch(spans=[span("family", trace=1)]))
    catch_up(store.index, store)
    store.index.close()
    [part] = store.index.parts()
    part.write_bytes(b"no database " * 1000)
    page = list_traces(store, filters=Filters(text="family"))
    assert [trace["name"] for trace in page.traces] == ["family"]
    assert page.notice is not None
    assert "cannot be read" in page.notice
    catch_up(store.index, store)
    assert list_traces(store, filters=Filters(text="family")).notice is None


def test_a_cursor_of_somebody_elses_is_refused_in_a_search_too(store: Store) -> None:
    with pytest.raises(QueryError, match="is none of tracekit's"):
        list_traces(store, cursor="x", filters=Filters(text="family"))
