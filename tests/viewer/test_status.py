"""The page that says how tracing itself does, and its twin, on journals as programs leave them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.support import journals, viewing
from tracekit.collector.ingest import Ingest
from tracekit.journal import records
from tracekit.journal.writer import JournalWriter
from tracekit.store import retention
from tracekit.store.search.following import catch_up
from tracekit_viewer.presenters import keeping

CLIENT: dict[str, Any] = {
    "name": "openai",
    "distribution": "openai",
    "version": "3.1",
    "supported": ">=2,<4",
    "tested": ["2.0", "3.1"],
    "patched": ["openai.a", "openai.b"],
    "missing": [],
    "requests": 1200,
    "calls": 1100,
    "unseen": {},
}
COST = {"calls": 1100, "shed": 3, "total_ms": 330.0, "mean_ms": 0.3, "p99_ms": 1.5, "share": 0.0125, "budget_ms": 100.0}


def told(number: int, *clients: dict[str, Any], **more: Any) -> bytes:
    """The report of a process."""
    said = {
        "time_ns": (1_790_000_000 + number) * 1_000_000_000,
        "id": f"p{number}",
        "clients": list(clients),
        "others": {},
    }
    return records.encode({**said, "faults": {}, "cost": COST, **more}).encode()


@pytest.fixture
def served(data_dir) -> Iterator[viewing.Served]:
    with viewing.serve(data_dir) as running:
        yield running


def write(served, data_dir, *reports) -> None:
    for report in reports:
        writer = JournalWriter(data_dir / "journal")
        writer.append(records.HEALTH, report)
        writer.close()
    Ingest(data_dir / "journal", served.store).fold()


def page(served, path="/status"):
    found = httpx2.get(served.url + path)
    assert found.status_code == 200, found.text
    return found


def test_it_says_that_nothing_is_known_yet(served):
    assert "No program has told of a client yet" in page(served).text
    said = page(served, "/status.json").json()
    assert (said["clients"], said["processes"], said["problems"], said["lost"], said["newest"]) == (
        [],
        [],
        [],
        [],
        None,
    )
    assert "No trace is stored yet" in page(served).text


def test_it_shows_the_newest_report_of_each_client(served, data_dir):
    older = {**CLIENT, "version": "2.0", "unseen": {"openai.old": 2}}
    hostile = {**CLIENT, "name": "<b>", "version": "9", "missing": ["x.y"]}
    write(served, data_dir, told(1, older), told(2, CLIENT, hostile))
    shown = page(served)
    twin = page(served, "/status.json").json()
    assert [(each["client"], each["version"], each["verified"]) for each in twin["clients"]] == [
        ("<b>", "9", False),
        ("openai", "3.1", True),
    ]
    assert twin["problems"] == []
    assert (twin["clients"][1]["all_unseen"], twin["clients"][1]["processes"]) == (2, 2)
    assert twin["processes"][0]["overhead_mean_ms"] == 0.3
    for expected in ("tested with 2.0, 3.1", "2 found, 0 missing", "x.y", "1,100", "1.25%", "1.50 ms", "All is seen"):
        assert expected in shown.text
    assert "&lt;b&gt;" in shown.text
    assert "<b>" not in shown.text
    assert "This version is not verified" in shown.text


def test_it_names_what_is_wrong(served, data_dir):
    unseen = {**CLIENT, "version": "3.9", "unseen": {"openai.Chat.produce": 3}, "missing": ["openai.Chat.create"]}
    write(served, data_dir, told(1, unseen, faults={"chunk": [2, "ValueError: <no>"]}))
    shown, twin = page(served).text, page(served, "/status.json").json()
    assert len(twin["problems"]) == 2
    assert "openai 3.9: 3 of 1200 requests left no span, from openai.Chat.produce" in twin["problems"][0]
    assert "it lacks openai.Chat.create" in twin["problems"][0]
    assert "faults of tracekit's own in chunk: 2" in twin["problems"][1]
    assert "Calls left no span" in shown
    assert "ValueError: &lt;no&gt;" in shown


def test_the_last_report_of_a_process_counts(served, data_dir):
    write(served, data_dir, told(1, CLIENT), told(2, {**CLIENT, "calls": 1200}, id="p1"))
    [client] = page(served, "/status.json").json()["clients"]
    assert (client["calls"], client["all_calls"], client["processes"]) == (1200, 1200, 1)


def test_a_report_that_is_none_is_set_aside(served, data_dir):
    write(served, data_dir, b'{"time_ns": 1}', told(3, CLIENT))
    assert len(page(served, "/status.json").json()["clients"]) == 1
    [row] = served.store.sql("SELECT sum(faults) AS faults FROM internal.journals").dicts()
    assert row["faults"] == 1


def test_it_tells_of_journals_storage_and_what_is_missing(served, data_dir):
    folder = data_dir / "journal"
    folder.mkdir(parents=True, exist_ok=True)
    header, *frames = journals.frames(9)
    (folder / "100-1-aa.tkj").write_bytes(b"".join([header, *frames[:3], *frames[5:7], *frames[8:]]))  # 3 of 9 are gone
    Ingest(folder, served.store).fold()
    (folder / "100-2-bb.tkj").write_bytes(b"x" * 5_000)  # no journal, and not looked at yet
    shown, said = page(served).text, page(served, "/status.json").json()
    data = said["data"]
    assert data["journals"]["missing_records"] == sum(row["records"] for row in said["lost"]) > 0
    assert (data["journals"]["files"], data["journals"]["unread_bytes"]) == (2, 5_000)
    assert data["spans"] == data["unindexed_spans"] == len(served.store.sql("FROM spans")) > 0
    assert data["database_bytes"] > 0
    assert data["free_bytes"] > 0
    assert not {"outdated_spans", "missing_attachments", "up"} & data.keys()  # nobody has looked
    assert {row["process"] for row in said["lost"]} == {row["process"] for row in served.store.sql("FROM gaps")}
    assert said["newest"] is not None
    assert any("records never came" in problem for problem in said["problems"])
    for expected in ("Coming in", "Gaps", "5.0 kB", "Traces are kept.", "records never came"):
        assert expected in shown
    catch_up(served.store.index, served.store)
    assert page(served, "/status.json").json()["data"]["unindexed_spans"] == 0


@pytest.mark.parametrize(
    ("policy", "rules"),
    [
        (retention.parse(None, None), ["Traces are kept."]),
        (
            retention.parse("30d, scratch=36h, audit=keep", "1.5GB"),
            [
                "Traces of 'audit' are kept.",
                "Traces of 'scratch' are forgotten 36 hours after they began.",
                "All other traces are forgotten 30 days after they began.",
                "Above 1.5 GB of database, the oldest go first.",
            ],
        ),
        (
            retention.parse("90s", None, "0.1, slow=2.5s"),
            [
                "Traces are forgotten 90 seconds after they began.",
                "Of traces that are over, 10% are kept, and all that failed, were slower than 2.50 s or were judged.",
            ],
        ),
        (
            retention.parse(None, None, "0.125"),
            ["Traces are kept.", "Of traces that are over, 12.5% are kept, and all that failed or were judged."],
        ),
    ],
)
def test_what_is_kept_in_words(policy, rules):
    assert keeping.rules(policy) == rules
