"""Old traces go whole, the newest stay; the file gets smaller, and nothing else changes."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tests.support.stores import new_store
from tracekit.errors import StoreError, UsageError
from tracekit.model import RawLog, Score, Span
from tracekit.store import Batch, Retention, Store
from tracekit.store.duckdb import compacting, open_store
from tracekit.store.retention import parse

DAY = 86_400 * SECOND


def fill(store: Store, traces: int = 10, *, size: int = 1) -> None:
    """Traces of two spans, one a day, the first at `BASE_NS`; every second one of project "scratch"."""
    for number in range(1, traces + 1):
        start = BASE_NS + (number - 1) * DAY
        project = "scratch" if number % 2 == 0 else "default"
        content = [message("user", random.Random(number).randbytes(size).hex())]
        store.commit(
            Batch(
                spans=[
                    span(trace=number, number=1, start_ns=start, project=project),
                    call(trace=number, number=2, parent=1, start_ns=start, project=project, input_messages=content),
                ],
                scores=[Score(trace_id=f"{number:032x}", span_id=None, name="good", value=1.0, created_ns=start)],
                logs=[log(number, start)],
            )
        )


def log(number: int, time_ns: int) -> RawLog:
    return RawLog(trace_id=f"{number:032x}", span_id=f"{1:016x}", time_ns=time_ns, event_name="note", body="x")


def kept(store: Store) -> list[int]:
    tables = ("spans", "traces", "scores", "logs")
    found = [
        [int(row[0], 16) for row in store.sql(f"SELECT DISTINCT trace_id FROM {table} ORDER BY 1").rows]
        for table in tables
    ]
    assert all(numbers == found[0] for numbers in found), dict(zip(tables, found, strict=True))
    return found[0]


@pytest.mark.parametrize(
    ("ages", "left"),
    [
        ("4d", [7, 8, 9, 10]),
        ("4d, scratch=keep", [2, 4, 6, 7, 8, 9, 10]),
        ("scratch=36h", [1, 3, 5, 7, 9, 10]),
        ("keep", list(range(1, 11))),
        ("1s", []),
    ],
)
def test_traces_go_by_their_age_and_project(store: Store, ages: str, left: list[int]) -> None:
    fill(store)
    done = store.forget(parse(ages, None), now_ns=BASE_NS + 10 * DAY)
    assert kept(store) == left
    assert (done.traces, done.spans, done.records) == (10 - len(left), 2 * (10 - len(left)), 10 - len(left))
    assert store.forget(parse(ages, None), now_ns=BASE_NS + 10 * DAY).traces == 0


MINUTE = 60 * SECOND


def finished(number: int, *, low: int, seconds: int = 1, **more: Any) -> Span:
    """A trace of one call that took so long; `low` is the lower half of its id."""
    end = BASE_NS + seconds * SECOND
    return replace(call(trace=number << 64 | low, number=1, end_ns=end, project="shop"), **more)


def test_of_the_traces_that_are_over_errors_slow_ones_and_a_share_are_kept(store: Store) -> None:
    high, half = (1 << 64) - 1, 1 << 63
    plain = [finished(number, low=low, cost_usd=0.25) for number, low in ((1, half - 1), (2, half), (3, high))]
    kept_all = [
        finished(4, low=high, status="error", error_type="ValueError"),
        finished(5, low=high, seconds=5),
        finished(6, low=high),
        finished(7, low=high, seconds=200),
    ]
    score = Score(trace_id=kept_all[2].trace_id, span_id=None, name="good", value=1.0, created_ns=BASE_NS)
    store.commit(Batch(spans=[*plain, *kept_all], scores=[score]))
    store.commit(Batch(opened={"j": [span(trace=8 << 64 | high, number=1, end_ns=None)]}))
    policy = parse(None, None, "0.5, slow=5s")
    assert store.forget(policy, now_ns=BASE_NS + MINUTE).traces == 0  # late spans may still come
    done = store.forget(policy, now_ns=BASE_NS + 2 * MINUTE)
    left = [row[0] for row in store.sql("SELECT trace_id FROM traces ORDER BY 1").rows]
    assert [int(trace_id, 16) >> 64 for trace_id in left] == [1, 4, 5, 6, 7, 8]
    assert (done.traces, done.spans) == (2, 2)
    assert store.forget(policy, now_ns=BASE_NS + 2 * MINUTE).traces == 0
    rows = store.sql("SELECT project, traces, spans, input_tokens, output_tokens, cost_usd FROM sampled_out").rows
    spent = plain[0]
    assert rows == [("shop", 2, 2, 2 * (spent.input_tokens or 0), 2 * (spent.output_tokens or 0), 0.5)]


def test_all_or_none_of_the_others_can_be_kept(store: Store) -> None:
    store.commit(Batch(spans=[finished(number, low=(1 << 64) - number) for number in range(1, 9)]))
    assert store.forget(parse(None, None, "1"), now_ns=BASE_NS + DAY).traces == 0
    assert store.forget(parse(None, None, "0"), now_ns=BASE_NS + DAY).traces == 8


@pytest.mark.parametrize("text", ["a tenth", "2", "-1", "slow=5s", "0.1, slow=5", "0.1, fast=1s", "1.5"])
def test_a_share_that_cannot_be_understood_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="tail_sample"):
        parse(None, None, text)


def test_a_trace_that_still_runs_is_not_old(store: Store) -> None:
    store.commit(Batch(opened={"j": [span(trace=1, number=1, end_ns=None)]}))
    assert store.forget(parse("1s", None), now_ns=BASE_NS + DAY).traces == 0


def test_the_oldest_go_when_the_database_is_too_large(store: Store) -> None:
    fill(store, 24, size=60_000)
    store.compact()
    [[used]] = store.sql(
        "SELECT used_blocks * block_size FROM pragma_database_size() WHERE database_name = 'traces'"
    ).rows
    assert store.forget(Retention(max_bytes=used * 2), now_ns=0).traces == 0
    store.forget(Retention(max_bytes=used // 2), now_ns=0)
    left = kept(store)
    assert left == list(range(left[0], 25))
    assert 3 < len(left) < 16


def test_compacting_gives_space_back_and_changes_no_row(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    store = new_store(path)
    fill(store, 12, size=60_000)
    store.forget(parse("2d", None), now_ns=BASE_NS + 12 * DAY)
    queries = ["FROM spans ORDER BY ALL", "FROM traces ORDER BY ALL", "FROM messages ORDER BY ALL", "FROM logs"]
    before = [store.sql(query).rows for query in queries]
    done = store.compact()
    assert done.after == path.stat().st_size < done.before
    assert [store.sql(query).rows for query in queries] == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir() if "compacting" in file.name) == []
    fill(store, 3)  # it can still be written to
    store.close()
    again = open_store(path)
    assert again.sql("SELECT count(*) FROM traces").rows == [(len(before[1]) + 3,)]
    again.close()


def test_questions_under_way_are_waited_for(store: Store) -> None:
    fill(store, 3)
    slow = threading.Thread(target=store.sql, args=["SELECT count(*) FROM range(20_000_000) a WHERE hash(a.range) > 1"])
    slow.start()
    store.compact()
    slow.join()
    assert kept(store) == [1, 2, 3]


def test_a_copy_that_fails_leaves_the_file_as_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    fill(store, 3)
    with monkeypatch.context() as patched:
        patched.setattr(compacting, "_sync", full)
        patched.setattr(Path, "replace", full)
        with pytest.raises(StoreError, match="as it was"):
            store.compact()
    assert kept(store) == [1, 2, 3]


@pytest.mark.parametrize(
    ("ages", "size"), [("30", None), ("3 years", None), ("a=", None), (None, "10"), (None, "much")]
)
def test_what_is_no_age_and_no_size_is_refused(ages: str | None, size: str | None) -> None:
    with pytest.raises(UsageError, match="write a number"):
        parse(ages, size)


def test_settings_are_read() -> None:
    assert parse(None, None).endless
    assert parse("keep", None).endless
    assert parse("audit=keep", None).endless
    assert parse("2w", "1.5GiB") == Retention(seconds=1_209_600, max_bytes=1_610_612_736)
