"""From journals to rows: exactly once, whatever dies and whatever is damaged."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import journals, otlp
from tests.support.stores import new_store
from tracekit.collector import reading
from tracekit.collector.ingest import Ingest
from tracekit.collector.tail import Tail
from tracekit.errors import StoreError
from tracekit.journal import records
from tracekit.journal.frame import pack
from tracekit.journal.writer import JournalWriter
from tracekit.model import Score
from tracekit.store import Store
from tracekit.store.duckdb import open_store


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.mkdir()
    return path


@pytest.fixture
def writer(journal: Path) -> Iterator[JournalWriter]:
    found = JournalWriter(journal)
    yield found
    found.close()


def numbers(store: Store, where: str = "true") -> list[int]:
    """The spans that are there, by number."""
    return [int(row[0], 16) for row in store.sql(f"SELECT span_id FROM spans WHERE {where} ORDER BY span_id").rows]


def tail(store: Store, name: str) -> Tail:
    return Tail.resume(store.journals()[name])


def test_a_killed_writer_loses_no_ended_span_and_its_open_one_is_interrupted(journal: Path, store: Store) -> None:
    ingest = Ingest(journal, store)
    with journals.live_writer(journal, 20) as process:
        ingest.fold()
        assert numbers(store, "outcome IS NULL AND end_time IS NULL") == [999]
        process.kill()
        process.wait()
    assert ingest.fold().spans == 0
    assert numbers(store) == [*range(1, 21), 999]
    assert numbers(store, "outcome = 'interrupted'") == [999]


def test_a_span_that_ends_in_a_later_step_takes_the_place_of_the_open_one(
    journal: Path, store: Store, writer: JournalWriter
) -> None:
    ingest = Ingest(journal, store)
    journals.start(writer, 1)
    ingest.fold()
    assert numbers(store, "end_time IS NULL") == [1]
    journals.end(writer, 1)
    assert ingest.fold().spans == 1
    assert numbers(store, "end_time IS NOT NULL") == numbers(store) == [1]


def test_reading_goes_on_in_a_new_process_with_the_resources_given_before(
    journal: Path, store: Store, writer: JournalWriter
) -> None:
    resource = writer.resource({"service.name": "shop"})
    journals.end(writer, 1, resource=resource)
    Ingest(journal, store).fold()
    journals.end(writer, 2, resource=resource)
    assert Ingest(journal, store).fold().spans == 1
    assert store.sql("SELECT DISTINCT service FROM spans").rows == [("shop",)]


def test_nothing_is_read_twice_and_a_quiet_step_commits_nothing(
    journal: Path, store: Store, writer: JournalWriter
) -> None:
    ingest = Ingest(journal, store)
    journals.end(writer, 1)
    ingest.fold()
    version = store.version
    assert (ingest.step().read_bytes, store.version) == (0, version)
    assert Ingest(journal, store).fold().read_bytes == 0


def test_a_commit_that_fails_changes_nothing_and_the_next_has_it_all(
    journal: Path, tmp_path: Path, writer: JournalWriter
) -> None:
    store = new_store(tmp_path / "traces.duckdb")
    ingest = Ingest(journal, store)
    journals.end(writer, 1)
    store.close()
    for _ in range(2):
        with pytest.raises(StoreError):
            ingest.fold()
    again = open_store(tmp_path / "traces.duckdb")
    assert Ingest(journal, again).fold().spans == 1
    assert numbers(again) == [1]
    again.close()


def test_a_journal_is_read_to_its_end_in_one_step_whatever_the_pieces(
    journal: Path, store: Store, writer: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE_BYTES", 4000)
    for number in range(1, 61):
        journals.start(writer, number)
        journals.end(writer, number)
    done = Ingest(journal, store).step()
    assert (done.spans, done.more) == (60, False)
    assert store.sql("SELECT count(*) FROM internal.open_spans").rows == [(0,)]


def test_steps_are_bounded(journal: Path, store: Store) -> None:
    for name in ("a", "b"):
        (journal / f"{name}.tkj").write_bytes(b"".join(journals.frames(200)))
    ingest = Ingest(journal, store, limit=16_384)
    steps = 0
    while ingest.step().more:
        steps += 1
    assert steps >= 4
    assert numbers(store) == list(range(1, 201))
    assert all(state.ended for state in store.journals().values())


def test_one_record_larger_than_a_step(journal: Path, store: Store) -> None:
    large = pack(records.SPAN_END, 1, journals.record(journals.span(1, attributes={"note": "x" * 100_000})))
    (journal / "a.tkj").write_bytes(journals.frames(0)[0] + large)
    Ingest(journal, store, limit=4096).fold()
    assert numbers(store) == [1]


@dataclass(frozen=True)
class Damage:
    """What became of a journal of five spans: its pieces, what of them can be read, and what is named as lost."""

    pieces: Callable[[list[bytes]], list[bytes]]
    left: list[int]
    faults: int = 1
    lost: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


def flipped(piece: bytes) -> bytes:
    return piece[:40] + bytes([piece[40] ^ 0x10]) + piece[41:]


NO_JSON = pack(records.SPAN_END, 2, b'{"trace_id":')
NEW_KIND = pack(b"?", 2, b"{}")
DAMAGES = {
    "cut in the middle of the last record": Damage(lambda whole: [*whole[:5], whole[5][:-7]], [1, 2, 3, 4]),
    "one byte flipped": Damage(lambda whole: [*whole[:3], flipped(whole[3]), *whole[4:]], [1, 2, 4, 5], lost=[(3, 3)]),
    "foreign bytes between": Damage(lambda whole: [*whole[:2], b"garbage", *whole[2:]], [1, 2, 3, 4, 5]),
    "records that never came": Damage(lambda whole: [*whole[:2], *whole[4:]], [1, 4, 5], faults=0, lost=[(2, 3)]),
    "threads out of order": Damage(lambda whole: [whole[0], whole[2], whole[1], *whole[3:]], [1, 2, 3, 4, 5], faults=0),
    "a record that is no JSON": Damage(lambda whole: [*whole[:2], NO_JSON, *whole[3:]], [1, 3, 4, 5]),
    "a kind from the future": Damage(lambda whole: [*whole[:2], NEW_KIND, *whole[3:]], [1, 3, 4, 5]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_costs_what_it_hit_and_is_counted(journal: Path, store: Store, damage: Damage) -> None:
    (journal / "a.tkj").write_bytes(b"".join(damage.pieces(journals.frames(5))))
    (journal / "b.tkj").write_bytes(b"".join([journals.frames(6)[0], journals.frames(6)[6]]))
    notices = Ingest(journal, store).fold().notices
    assert numbers(store) == [*damage.left, 6]
    state = store.journals()["a.tkj"]
    assert (state.faults, len([said for said in notices if "a.tkj" in said])) == (damage.faults, damage.faults)
    assert [(gap.first_missing, gap.last_missing) for gap in state.gaps] == damage.lost


def misstated(**fields: object) -> bytes:
    whole = {"trace_id": "t", "span_id": None, "name": "n", "value": 1, "created_ns": 1}
    return records.encode({**whole, **fields}).encode()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (records.SCORE, misstated(value="high")),
        (records.SCORE, misstated(trace_id=None)),
        (records.SCORE, misstated(created_ns=1 << 70)),
        (records.SCORE, b"7"),
        (records.HEADER, b'{"process": {}}'),
        (records.RESOURCE, b'{"id": 1e400, "attributes": {}}'),
        (records.RESOURCE, b'{"id": 1, "attributes": 7}'),
        (records.CLOSE, b'{"dropped": "many"}'),
        (records.SPAN_START, records.encode(journals.span(2, ended=False, trace_id="xyz")).encode()),
        (records.SPAN_END, records.encode(journals.span(2, span_id="0" * 16)).encode()),
        (records.SPAN_END, records.encode(journals.span(2, start_ns="soon")).encode()),
        (records.SPAN_END, b"\xff"),
    ],
)
def test_a_poisoned_record_is_one_fault_and_its_neighbours_are_stored(
    journal: Path, store: Store, writer: JournalWriter, kind: bytes, payload: bytes
) -> None:
    journals.end(writer, 1)
    writer.append(kind, payload)
    journals.end(writer, 3)
    Ingest(journal, store).fold()
    assert numbers(store) == [1, 3]
    assert [state.faults for state in store.journals().values()] == [1]


def test_a_gap_is_taken_back_when_its_record_comes_after_all(journal: Path, store: Store) -> None:
    whole = journals.frames(3)
    (journal / "a.tkj").write_bytes(whole[0] + whole[1] + whole[3])
    ingest = Ingest(journal, store)
    ingest.fold()
    assert store.sql("SELECT process, first_missing, last_missing, count FROM gaps").rows == [("elsewhere-1", 2, 2, 1)]
    with (journal / "a.tkj").open("ab") as file:
        file.write(whole[2])
    ingest.fold()
    assert store.sql("SELECT count(*) FROM gaps").rows == [(0,)]
    assert numbers(store) == [1, 2, 3]


def test_a_foreign_file_is_left_alone_and_named(journal: Path, store: Store) -> None:
    (journal / "a.tkj").write_bytes(b"a photograph, perhaps\n" * 100)
    (journal / "b.tkj").write_bytes(b"".join(journals.frames(1)))
    (journal / "c.tkj").mkdir()
    (journal / "notes.txt").write_text("not ours")
    ingest = Ingest(journal, store)
    notices = ingest.fold().notices
    assert numbers(store) == [1]
    assert [any(name in said for said in notices) for name in ("a.tkj is no journal", "c.tkj cannot be read")] == [
        True,
        True,
    ]
    assert tail(store, "a.tkj").foreign
    assert ingest.fold().notices == []  # said once


def test_a_file_that_was_cut_is_a_fault_and_goes_on_from_there(journal: Path, store: Store) -> None:
    path = journal / "a.tkj"
    path.write_bytes(b"".join(journals.frames(3)))
    ingest = Ingest(journal, store)
    ingest.fold()
    path.write_bytes(journals.frames(1)[0])
    assert "was cut" in ingest.fold().notices[0]
    with path.open("ab") as file:
        file.write(journals.frames(4)[4])
    ingest.fold()
    assert numbers(store) == [1, 2, 3, 4]


def test_an_empty_file_is_no_fault_and_is_read_when_it_fills(journal: Path, store: Store) -> None:
    path = journal / "a.tkj"
    path.touch()
    ingest = Ingest(journal, store)
    assert ingest.fold().notices == []
    path.write_bytes(b"".join(journals.frames(2)))
    ingest.fold()
    assert numbers(store) == [1, 2]


def test_requests_become_rows_and_a_retried_one_does_not_become_more(
    journal: Path, store: Store, writer: JournalWriter
) -> None:
    spans = otlp.spans(3)
    spans[1].span_id = b""
    body = otlp.request(spans, service="shop").SerializeToString()
    for _ in range(2):
        writer.append(records.OTLP_TRACES, body)
    writer.append(records.OTLP_TRACES_JSON, otlp.json_request(2))
    writer.append(records.OTLP_TRACES, b"\xff")
    writer.append(records.OTLP_LOGS, b"")
    writer.append(records.OTLP_METRICS_JSON, b"{}")
    progress = Ingest(journal, store).fold()
    assert (progress.spans, progress.duplicates) == (4, 2)
    found = tail(store, writer.path.name if writer.path else "")
    assert (dict(found.received), found.faults) == ({"traces": 4, "logs": 1, "metrics": 1}, 1)


def test_cost_is_known_for_known_models_and_null_for_others(
    journal: Path, store: Store, writer: JournalWriter, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"our-own": {"input_per_million": 1, "output_per_million": 10}}))
    for number, model in enumerate(("gpt-4o", "our-own", "nobody-knows-it"), start=1):
        journals.end(writer, number, **journals.chat(number, model=model))
    Ingest(journal, store, prices=prices).fold()
    costs = dict(store.sql("SELECT model, cost_usd FROM spans").rows)
    assert costs == {"gpt-4o": pytest.approx(0.0035), "our-own": pytest.approx(0.002), "nobody-knows-it": None}


def test_scores_are_stored(journal: Path, store: Store, writer: JournalWriter) -> None:
    score = Score(trace_id=journals.TRACE, span_id=None, name="useful", value=0.5, created_ns=otlp.START)
    writer.append(records.SCORE, records.score_record(score).encode())
    writer.append(records.SCORE, b'{"nonsense": 1}')
    Ingest(journal, store).fold()
    assert store.sql("SELECT name, value FROM scores").rows == [("useful", 0.5)]


def test_what_the_writer_dropped_is_known_once_it_closed(journal: Path, store: Store) -> None:
    close = pack(records.CLOSE, 2, b'{"dropped": 7}')
    (journal / "a.tkj").write_bytes(b"".join([*journals.frames(1), close]))
    Ingest(journal, store).fold()
    assert tail(store, "a.tkj").dropped == 7


def test_no_directory_is_no_journal(tmp_path: Path, store: Store) -> None:
    assert Ingest(tmp_path / "nowhere", store).fold().read_bytes == 0


def test_a_start_whose_end_is_read_with_it_is_not_even_parsed(
    journal: Path, store: Store, writer: JournalWriter
) -> None:
    ingest = Ingest(journal, store)
    head = records.span_head(1, 1, parent_id=None, kind=1, start_ns=otlp.START, origin='"resource":null')
    writer.append(records.SPAN_START, head.encode() + b", and this is no JSON")
    writer.append(records.SPAN_END, records.span_record(head, "work", members=f'"end_ns":{otlp.START + 1}'))
    assert ingest.fold().notices == []
    assert numbers(store, "end_time IS NOT NULL") == numbers(store) == [1]


def test_a_start_is_taken_where_its_end_cannot_be_understood(
    journal: Path, store: Store, writer: JournalWriter
) -> None:
    ingest = Ingest(journal, store)
    head = records.span_head(1, 1, parent_id=None, kind=1, start_ns=otlp.START, origin='"resource":null')
    writer.append(records.SPAN_START, records.span_record(head, "work"))
    writer.append(records.SPAN_END, head.encode() + b", and this is no JSON")
    ingest.fold()
    assert numbers(store, "end_time IS NULL") == numbers(store) == [1]
    assert tail(store, next(journal.iterdir()).name).faults == 1


@pytest.mark.parametrize("seed", range(3))
def test_records_that_are_dropped_on_the_way_are_named_exactly(journal: Path, store: Store, seed: int) -> None:
    """One frame in twenty of a copy is left out, the last one never: nobody can know of what follows it."""
    draw = random.Random(seed)
    frames = journals.frames(400)
    lost = sorted(draw.sample(range(len(frames) - 1), k=len(frames) // 20))
    kept = [frame for number, frame in enumerate(frames) if number not in lost]
    ingest = Ingest(journal, store)
    copy = journal / f"0-1-a{records.SUFFIX}"
    copy.touch()
    while kept:  # in pieces, as a live journal is read
        cut = draw.randrange(1, 60)
        with copy.open("ab") as file:
            file.write(b"".join(kept[:cut]))
        del kept[:cut]
        ingest.fold()
    named = [
        number
        for first, last in store.sql("SELECT first_missing, last_missing FROM gaps").rows
        for number in range(first, last + 1)
    ]
    assert sorted(named) == lost
    assert store.sql("SELECT sum(count) FROM gaps").rows == [(len(lost),)]
    assert numbers(store) == [number for number in range(1, 401) if number not in lost]
