from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tracekit.errors import QueryError
from tracekit.model import Span
from tracekit.query import searching
from tracekit.query.filters import Filters
from tracekit.query.traces import list_traces
from tracekit.store import Batch, Result, Store
from tracekit.store.search.following import catch_up, documents
from tracekit.store.search.language import parse
from tracekit.store.search.memory import matching


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


class Reading:
    """A store that tells how many spans' texts were read to look for words in a row."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.index = store.index
        self.texts = 0

    def sql(self, query: str, parameters: Any = (), *, limit: int | None = None) -> Result:
        if "said_by" in query:
            self.texts += len(parameters["seqs"].split())
        return self._store.sql(query, parameters, limit=limit)


def test_a_trace_that_was_found_is_not_looked_at_again(store: Store) -> None:
    store.commit(
        Batch(
            spans=[span("family discount", trace=n % 3 + 1, number=n // 3 + 1) for n in range(300)]
            + [span("discount for the family", trace=9, number=n + 1) for n in range(20)]
        )
    )
    catch_up(store.index, store)
    reading = Reading(store)
    page = list_traces(reading, filters=Filters(text='"family discount"'))
    assert len(page.traces) == 3
    assert reading.texts == 3 + 20
    assert page.notice is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_words_in_a_row_lead_to_the_traces_that_a_look_at_every_span_finds(
    store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "_CHECKED": 8,
        "_MOST_CHECKED": 16,
        "_READ": 5,
        "_MOST_READ": 9,
        "_SCANNED": 7,
        "_FIRST": 4,
    }.items():
        monkeypatch.setattr(searching, name, value)
    rng = random.Random(seed)
    words = ["family", "discount", "gravel", "order", "é", "\\n", "x"]

    def made(number: int) -> Span:
        said = " ".join(rng.choice(words) for _ in range(rng.randrange(1, 7)))
        start = BASE_NS + rng.randrange(60) * SECOND
        return span(trace=rng.randrange(40) + 1, number=number, start_ns=start, output=said, project=rng.choice("pq"))

    for part in range(3):
        store.commit(Batch(spans=[made(part * 200 + number + 1) for number in range(200)]))
        if part < 2:
            catch_up(store.index, store)
    trace_of = dict(store.sql("SELECT seq, trace_id FROM internal.spans").rows)
    said = documents(store, 0, max(trace_of))
    everything = [trace["trace_id"] for trace in list_traces(store, limit=99).traces]
    projects = {trace["trace_id"]: trace["project"] for trace in list_traces(store, limit=99).traces}
    hits = 0
    for query in (
        '"family discount"',
        '"gravel order gravel"',
        '"x é"',
        "family-disc*",
        '"order n"',
        'é "x x"',
        '"x y"',
    ):
        fit = {trace_of[number] for number in matching(said, parse(query))}
        for project in (None, "p"):
            wanted = [each for each in everything if each in fit and project in (None, projects[each])]
            filters = Filters(text=query, project=project)
            seen: list[str] = []
            page = list_traces(store, limit=6, filters=filters)
            while True:
                seen += [trace["trace_id"] for trace in page.traces]
                if page.next is None:
                    break
                page = list_traces(store, limit=6, filters=filters, cursor=page.next)
            assert seen == wanted, query
            slowest = list_traces(store, limit=99, filters=filters, sort="slowest").traces
            assert sorted(trace["trace_id"] for trace in slowest) == sorted(wanted), query
            hits += len(wanted)
    assert hits > 100


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


SIGNS = (
    "family", "Discount", "FAMILY", "order", "ﬁx", "fix", "ﬀ", "Straße", "STRASSE", "\u212aelvin", "kelvin",
    "longe\u017ft", "longest",
    "\uff57\uff45\uff41", "wea", "e\u0301tude", "étude", "naïve", "™", "tm", "🚀", "東京", "x\u00adx",
    "C:\\tmp", "new", "n\\new", "“quoted”", "²", "2", "½", "ª", "a", "№", "no",
)  # fmt: skip
BETWEEN = (" ", "\n", ", ", "\t", '"', " — ", "\u00a0", "\\", "/", "…", "_", "")


@pytest.mark.parametrize("indexed", [False, True])
def test_no_spelling_is_lost_on_the_way_to_the_exact_look(store: Store, *, indexed: bool) -> None:
    rng = random.Random(9)
    texts = ["".join(rng.choice(SIGNS) + rng.choice(BETWEEN) for _ in range(rng.randrange(1, 9))) for _ in range(300)]
    fields = ("input_messages", "output", "tool_arguments", "status_message")

    def content(text: str) -> dict[str, Any]:
        field = rng.choice(fields)
        return {field: [message("user", text)] if field == "input_messages" else text}

    spans = [span(trace=n + 1, **content(text)) for n, text in enumerate(texts)]
    store.commit(Batch(spans=spans))
    if indexed:
        catch_up(store.index, store)
    said = documents(store, 0, len(texts))
    pairs = [f'"{rng.choice(SIGNS)} {rng.choice(SIGNS)}"' for _ in range(60)]
    hits = 0
    for query in [*SIGNS, "fam*", "stra*", "kel*", *pairs]:
        expected = [f"{number + 1:032x}" for number in matching(said, parse(query))]
        page = list_traces(store, limit=len(texts), filters=Filters(text=query))
        assert sorted(trace["trace_id"] for trace in page.traces) == sorted(expected), query
        hits += len(expected)
    assert hits > 500


@pytest.mark.parametrize("indexed", [False, True])
def test_letters_that_json_spells_by_number_are_found(store: Store, *, indexed: bool) -> None:
    store.commit(Batch(spans=[span("wanted", input='{"q": "\\u0066amily disc\\u006funt"}')]))
    if indexed:
        catch_up(store.index, store)
    assert names(store, text="family") == names(store, text='"family discount"') == ["wanted"]
    assert names(store, text='"amily discount"') == []


@pytest.mark.parametrize(
    ("key", "value", "attributes"),
    [
        ("a", "x", {"a": "x"}),
        ("a", "x", {"b": "y", "a": "x", "c": 'quoted " and \\'}),
        ("a", 'say "hi"\n', {"a": 'say "hi"\n'}),
        ("a/b", "c/d", {"a/b": "c/d"}),
        ("schlüssel", "größe", {"schlüssel": "größe"}),
        ("a", "12", {"a": 12}),
        ("a", "12", {"a": "12"}),
        ("12", "true", {"12": True}),
        ("a", "1.5", {"a": 1.5}),
        ("a", "1e+20", {"a": 1e20}),
        ("a", '["x",1]', {"a": ["x", 1]}),
        ("line\u2028break", "x\u2028y", {"line\u2028break": "x\u2028y"}),
        ("a", None, {"a": {"b": 1}}),
        ("gen_ai.input.messages", None, {"gen_ai.input.messages": [message("user", "carried")]}),
    ],
)
def test_attributes_are_found_before_they_are_indexed(
    store: Store, key: str, value: str | None, attributes: dict[str, Any]
) -> None:
    messages = attributes.get("gen_ai.input.messages")
    store.commit(
        Batch(
            spans=[
                call("wanted", trace=1, attributes=attributes, input_messages=messages),
                span("other", trace=2, attributes={"other": "x", "nested": {"a": "y"}}),
            ]
        )
    )
    assert names(store, attributes=((key, value),)) == ["wanted"]
    assert names(store, attributes=((key, "something else"),)) == []
