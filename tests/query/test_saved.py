"""What is kept under a name: whole, by its name alone, and never silently lost."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest

from tracekit.errors import StoreError, UsageError
from tracekit.query.saved import LONGEST, MOST, QUERIES, VIEWS, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def names(shelf: Shelf, kind: str = VIEWS) -> list[str]:
    return [one.name for one in shelf.kept(kind).items]


def test_what_is_saved_is_there_for_the_next_process(shelf: Shelf, tmp_path: Path) -> None:
    shelf.save(VIEWS, "b", {"q": "status:error", "sort": "", "cursor": "x"})
    shelf.save(VIEWS, "A", {"q": "torn", "columns": "input,cost"})
    shelf.save(QUERIES, "b", {"q": "SELECT 1", "show": "chart"})
    again = Shelf(tmp_path)
    assert [(one.name, dict(one.asks)) for one in again.kept(VIEWS).items] == [
        ("A", {"q": "torn", "columns": "input,cost"}),
        ("b", {"q": "status:error"}),
    ]
    assert again.find(QUERIES, "b").asks == {"q": "SELECT 1", "show": "chart"}
    again.remove(VIEWS, "b")
    assert (names(shelf), names(shelf, QUERIES)) == (["A"], ["b"])


def test_the_last_one_of_a_name_holds(shelf: Shelf) -> None:
    shelf.save(VIEWS, "mine", {"q": "one"})
    shelf.save(VIEWS, "mine", {"q": "two"})
    assert [one.asks["q"] for one in shelf.kept(VIEWS).items] == ["two"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".", "\x00", "\u202egnp", "\ud800", "n" * 80])
def test_no_name_leads_out_of_its_folder(shelf: Shelf, tmp_path: Path, name: str) -> None:
    shelf.save(VIEWS, name, {"q": "x"})
    [path] = (tmp_path / "saved" / "views").iterdir()
    assert path.suffix == ".json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert names(shelf) == [name]


@pytest.mark.parametrize(
    ("name", "asks", "words"),
    [
        ("", {}, "this one has 0"),
        ("n" * 81, {}, "this one has 81"),
        ("long", {"q": "x" * (LONGEST + 1)}, "100,001 characters; 100,000 can be saved"),
    ],
)
def test_what_cannot_be_saved_says_why(shelf: Shelf, name: str, asks: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        shelf.save(VIEWS, name, asks)
    assert names(shelf) == []


def test_there_is_an_end_and_what_is_there_can_still_be_changed(shelf: Shelf) -> None:
    for number in range(MOST):
        shelf.save(VIEWS, str(number), {"q": "x"})
    with pytest.raises(UsageError, match="200 views are saved already"):
        shelf.save(VIEWS, "one more", {})
    shelf.save(VIEWS, "7", {"q": "y"})
    assert shelf.find(VIEWS, "7").asks == {"q": "y"}


def test_a_name_that_there_is_none_of_is_told_with_those_there_are(shelf: Shelf) -> None:
    with pytest.raises(UsageError, match="called 'x'; there are none yet"):
        shelf.find(VIEWS, "x")
    shelf.save(VIEWS, "y", {})
    for ask in (shelf.find, shelf.remove):
        with pytest.raises(UsageError, match="called 'x'; there are y"):
            ask(VIEWS, "x")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": 1, "asks": {}, "saved_at": ""}', '{"name": "x"}', "\xff"])
def test_a_file_of_another_make_is_named_and_costs_nothing_else(shelf: Shelf, tmp_path: Path, content: str) -> None:
    shelf.save(VIEWS, "good", {"q": "x"})
    bad = tmp_path / "saved" / "views" / "bad.json"
    bad.write_bytes(content.encode("latin-1"))
    kept = shelf.kept(VIEWS)
    assert ([one.name for one in kept.items], kept.unreadable) == (["good"], [str(bad)])


def test_two_who_save_at_once_both_keep_what_they_saved(shelf: Shelf, tmp_path: Path) -> None:
    others = [Shelf(tmp_path) for _ in range(4)]

    def save(which: int) -> None:
        for number in range(10):
            others[which].save(VIEWS, f"{which}-{number}", {"q": "x" * 1_000})
            others[which].save(VIEWS, "shared", {"q": str(which) * 1_000})

    threads = [threading.Thread(target=save, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(shelf)) == 41
    assert shelf.find(VIEWS, "shared").asks["q"] in {str(which) * 1_000 for which in range(4)}
    assert all(json.loads(path.read_text()) for path in (tmp_path / "saved" / "views").iterdir())  # and no draft


def test_a_disk_that_does_not_take_it_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("a file where the folder would be")
    with pytest.raises(StoreError, match="so nothing is saved"):
        Shelf(tmp_path).save(VIEWS, "x", {})
