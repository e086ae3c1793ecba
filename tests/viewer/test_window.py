"""Which rows a page brings, what it says of the others, and the map of them all."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.viewer.test_waterfall import START, row
from tracekit_viewer.presenters import minimap as maps
from tracekit_viewer.presenters.minimap import minimap
from tracekit_viewer.presenters.timing import percent, timing, waits
from tracekit_viewer.presenters.waterfall import arranged, waterfall
from tracekit_viewer.presenters.window import ROWS, Asked, rows_at, window


def steps(number=50):
    """A root, and beneath it steps of two calls each; the second call of step 30 failed."""
    made = [row("root", ms=number * 30)]
    for step in range(number):
        at = step * 30
        made.append(row(f"s{step:03}", "root", at=at, ms=29))
        made.append(row(f"s{step:03}a", f"s{step:03}", at=at + 1, ms=10, kind="llm", ttft_ms=4.0))
        failed = {"status": "error"} if step == 30 else {}
        made.append(row(f"s{step:03}b", f"s{step:03}", at=at + 12, ms=16, kind="tool", **failed))
    return waterfall(made)


def shown(tree, picked="root", **asked):
    return window(tree, Asked(**asked), picked=picked)


def ids(found):
    return [each.line.id for each in found.rows]


def test_a_page_begins_at_the_top_or_around_the_chosen_span():
    tree = steps()
    found = shown(tree)
    assert (len(found.rows), found.start, found.count, found.behind, found.picked) == (ROWS, 0, 151, 151 - ROWS, 0)
    found = shown(tree, "s040b")
    assert (found.start, len(found.rows)) == (111, ROWS)
    assert found.rows[12].line.id == "s040b"
    assert found.picked == tree.place("s040b")
    assert shown(tree, "s049b").behind == 0
    assert [each.index for each in shown(tree, start=5, rows=3).rows] == [5, 6, 7]
    assert shown(tree, start=10_000).rows == []


def test_parts_join_up():
    tree = steps()
    got = [name for start in range(0, 151, 20) for name in ids(shown(tree, start=start, rows=20))]
    assert got == [line.id for line in tree.lines()]


def test_folded_rows_take_no_place_and_the_chosen_one_is_never_inside():
    tree = steps()
    found = shown(tree, fold=["s000", "s001", "gone"])
    assert ids(found)[:4] == ["root", "s000", "s001", "s002"]
    assert [each.closed for each in found.rows][:4] == [False, True, True, False]
    assert found.outline.split(" ")[:5] == ["1", "2~", "3", "3", "2~"]
    assert ids(shown(tree, "s001a", fold=["root", "s000", "s001"]))[:4] == ["root", "s000", "s001", "s001a"]
    assert ids(shown(tree, fold=["root"])) == ["root"]


def test_twins_are_folded_until_somebody_opens_them():
    tree = waterfall([row("a"), row("call", "a", at=1), row("twin", "a", at=2, twin_of="call")])
    assert ids(shown(tree)) == ["a", "call"]
    assert ids(shown(tree, open=["call"])) == ["a", "call", "twin"]
    assert ids(shown(tree, "twin")) == ["a", "call", "twin"]
    assert [each.closed for each in rows_at(tree, "all", [0, 1, 2, 99])] == [False, True, False]


def test_only_the_critical_path_and_only_errors():
    tree = waterfall(
        [
            row("root", ms=100),
            row("beside", "root", at=0, ms=20),
            row("slow", "root", at=0, ms=90),
            row("bad", "beside", at=1, ms=5, status="error"),
        ]
    )
    found = shown(tree, show="critical")
    assert (ids(found), found.count, [each.folds for each in found.rows]) == (["root", "slow"], 2, [True, False])
    found = shown(tree, show="errors", picked="bad")
    assert (ids(found), found.outline, found.picked) == (["root", "beside", "bad"], "1 2 3!", 2)
    found = shown(tree, show="errors", picked="slow")
    assert found.picked is None
    assert [found.index(place) for place in range(4)] == [0, 1, 2, 2]


def test_addresses_keep_how_the_trace_is_seen():
    asked = Asked(span="a b", show="errors", text="markdown", fold=["x&y"], open=["z"])
    assert asked.query() == "?span=a+b&show=errors&text=markdown&fold=x%26y&open=z"
    assert asked.query(span=None, text=None, show=None) == "?fold=x%26y&open=z"
    found = window(steps(3), Asked(fold=["s001"]), picked="root")
    assert found.fold_query(found.rows[1]) == "?fold=s001&fold=s000"
    closed = next(each for each in found.rows if each.closed)
    assert found.fold_query(closed) == "?open=s001"


def test_the_marks_of_a_bar():
    tree = waterfall([row("root", ms=1_000), row("a", "root", at=0, ms=200), row("b", "root", at=600, ms=400)])
    root, first, _ = tree.lines()
    assert root.bar.idle == [(20.0, 60.0)]
    assert root.bar.critical == [(20.0, 60.0)]
    assert (root.silence.text, first.silence, root.share, first.share) == ("400 ms", None, 0.4, 0.2)


def test_a_bar_has_no_more_marks_than_can_be_told_apart():
    spans = [row("root", ms=20_000)] + [row(f"{n:05}", "root", at=n * 10, ms=5) for n in range(2_000)]
    assert len(waterfall(spans).lines()[0].bar.critical) <= 121


def test_a_running_trace_has_room_to_grow_and_says_how_long_it_runs():
    stems = waterfall([row("a", ms=None), row("b", "a", at=5, ms=95)]).nesting.stems
    tree = arranged(stems, now=START + timedelta(seconds=10))
    root, inner = tree.lines()
    assert tree.axis.growing
    assert (root.bar.start, root.bar.end, root.duration.text, inner.since) == (0.0, 83.333, "10.0 s", None)
    assert root.since == round(START.timestamp() * 1_000)
    quiet = arranged(stems, now=START + timedelta(hours=3))
    assert (quiet.axis.growing, quiet.lines()[0].bar.end, quiet.lines()[0].duration.known) == (False, 100.0, False)
    dead = [stems[0]._replace(outcome="interrupted"), stems[1]]
    assert not arranged(dead, now=START + timedelta(seconds=10)).axis.growing


CELL = re.compile(r"M(\d+) (\d+)\.5h(\d+)")


def cells(path):
    return {(int(x) + n, int(y)) for x, y, length in CELL.findall(path) for n in range(int(length))}


def test_the_map_shows_kinds_and_errors_each_cell_once():
    found = minimap(steps())
    layers = {layer.kind: cells(layer.path) for layer in found.layers}
    assert layers.keys() == {"failed", "llm", "tool", "chain"}
    assert sum(map(len, layers.values())) == len(set().union(*layers.values()))
    failed = 93
    assert {lane for _, lane in layers["failed"]} == {failed * found.lanes // 151}
    assert found.lanes == maps.LANES
    assert all(0 <= x < maps.COLUMNS and 0 <= y < found.lanes for layer in layers.values() for x, y in layer)


def test_the_map_is_bounded_and_leads_everywhere():
    small, large = minimap(steps(10)), minimap(steps(3_000))
    for found in (small, large):
        assert sum(len(layer.path) for layer in found.layers) < 60_000
        assert len(found.slices) <= maps.SLICES
        assert len(found.marks) <= maps.MARKS
    tree = steps()
    found = minimap(tree)
    assert [jump.span_id for jump in found.marks] == ["s030b"]
    assert found.marks[0].words == "failed after 912 ms: s030b"
    assert found.slices[0].words == "from 0 µs: 10 spans began"
    assert sum(int(jump.words.split(": ")[1].split(" ")[0]) for jump in found.slices) == tree.total
    single = minimap(waterfall([row("a", ms=0)]))
    assert (single.lanes, [cells(layer.path) for layer in single.layers]) == (1, [{(0, 0)}])


def test_how_the_time_of_a_span_went():
    tree = waterfall(
        [row("root", ms=1_000), row("a", "root", at=0, ms=200), row("b", "root", at=600, ms=100), row("c", "b", at=600)]
    )
    found = timing(tree, "root")
    assert (found.waited.text, found.share, found.silent.text, found.more) == ("700 ms", "70 %", "700 ms", 0)
    assert [(each.length.text, each.after.text, each.between) for each in found.silences] == [
        ("400 ms", "200 ms", "between a and b"),
        ("300 ms", "700 ms", "between b and the end"),
    ]
    assert timing(tree, "nobody") is None
    said = waits(tree)
    assert said["critical_path"][0] == {"span_id": "root", "own_ms": 700.0, "share": 0.7}
    assert said["idle"][0] == {"span_id": "root", "after_ms": 200.0, "duration_ms": 400.0}


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0.0 %"), (0.0004, "less than 0.1 %"), (0.034, "3.4 %"), (0.1, "10 %"), (1, "100 %")]
)
def test_shares_in_words(share, words):
    assert percent(share) == words


def test_what_is_looked_for_comes_with_all_above_it_and_is_marked():
    tree = steps()
    hits = frozenset({tree.place("s003a"), tree.place("s030b"), tree.place("s030")})
    found = window(tree, Asked(find="words"), picked="s030b", hits=hits)
    assert ids(found) == ["root", "s003", "s003a", "s030", "s030b"]
    assert [each.hit for each in found.rows] == [False, False, True, True, True]
    assert [each.folds for each in found.rows] == [True, True, False, True, False]
    assert found.outline == "1 2 3! 2! 3!"
    assert (found.count, found.picked) == (5, 4)
    assert [each.line.id for each in rows_at(tree, "all", [2, 4, 5], hits=hits)] == ["s003a", "s030b"]
    failed = window(tree, Asked(find="words", show="errors"), picked="root", hits=hits)
    assert ids(failed) == ["root", "s030", "s030b"]


def test_nothing_found_is_no_rows():
    found = window(steps(), Asked(find="words"), picked="root", hits=frozenset())
    assert (found.rows, found.count, found.outline, found.picked, found.index(40)) == ([], 0, "", None, 0)


def test_what_is_looked_for_is_no_twin_that_a_fold_hides():
    tree = waterfall([row("root"), row("owner", "root", at=1), row("twin", "owner", at=2, twin_of="owner")])
    assert tree.folded_at_first
    hits = frozenset({tree.place("twin")})
    found = window(tree, Asked(find="words"), picked="root", hits=hits)
    assert ids(found) == ["root", "owner", "twin"]
    assert not any(each.closed for each in [*found.rows, *rows_at(tree, "all", range(3), hits=hits)])


def test_all_above_the_last_of_a_chain_comes_along():
    tree = waterfall([row("s0"), *(row(f"s{depth}", f"s{depth - 1}", at=depth) for depth in range(1, 3_000))])
    assert window(tree, Asked(find="words"), picked="s0", hits=frozenset({2_990})).count == 2_991
