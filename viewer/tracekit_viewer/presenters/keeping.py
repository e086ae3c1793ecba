"""How what is recorded comes in and is kept, as a page shows it: figures, what never came, storage, retention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracekit import units
from tracekit.query.health import Health
from tracekit.query.keeping import Keeping
from tracekit.store import Retention
from tracekit.units import Moment, Quantity
from tracekit_viewer.presenters.strip import Figure
from tracekit_viewer.presenters.table import Cell, Table


@dataclass(slots=True, frozen=True, kw_only=True)
class Kept:
    """These sections of the page."""

    figures: list[Figure]
    newest: Moment | None
    lost: Table
    more_lost: int
    journals: list[Figure]
    storage: list[Figure]
    retention: list[str]


def kept(found: Keeping, *, now: datetime) -> Kept:
    """The sections of what was found."""
    told = sum(row["records"] for row in found.lost)
    return Kept(
        figures=_figures(found.health),
        newest=units.moment(found.newest, now),
        lost=_lost(found),
        more_lost=max(found.health.journals.missing_records - told, 0),
        journals=_journals(found.health),
        storage=_storage(found.health),
        retention=rules(found.retention),
    )


def rules(policy: Retention) -> list[str]:
    """What is kept, in sentences."""
    said = [_rule(f"Traces of {project!r}", seconds) for project, seconds in sorted(policy.projects.items())]
    said.append(_rule("All other traces" if policy.projects else "Traces", policy.seconds))
    if policy.max_bytes is not None:
        said.append(f"Above {units.size(policy.max_bytes).text} of database, the oldest go first.")
    if policy.tail is not None:
        slow = policy.tail.slow_ms
        spared = "failed" if slow is None else f"failed, were slower than {units.duration(slow).text}"
        said.append(
            f"Of traces that are over, {policy.tail.ratio * 100:g}% are kept, and all that {spared} or were judged."
        )
    return said


def _rule(which: str, seconds: int | None) -> str:
    if seconds is None:
        return f"{which} are kept."
    return f"{which} are forgotten {units.span_of_time(seconds)} after they began."


def _figures(health: Health) -> list[Figure]:
    journals = health.journals
    wrong = (
        ("Set aside", health.quarantined, "records that could not be read as what they say they are"),
        ("Never came", journals.missing_records, "records that a journal's numbers show to be missing"),
        ("Dropped", journals.dropped_records, "records that a program could not write"),
        ("Damaged", journals.faults, "places of journals that could not be read"),
    )
    return [
        Figure(label="Spans", value=units.count(health.spans, "spans")),
        Figure(label="Traces", value=units.count(health.traces, "traces")),
        Figure(label="Waiting in journals", value=units.size(journals.unread_bytes)),
        Figure(label="Not searchable yet", value=units.count(health.unindexed_spans, "spans")),
        *(Figure(label=label, value=units.count(number, what), alarming=number > 0) for label, number, what in wrong),
    ]


def _lost(found: Keeping) -> Table:
    return Table(
        label="Records that never came, by the process that wrote them",
        columns=["Process", "Records", "Gaps", "Between"],
        rows=[
            [
                Cell(text=row["process"], code=True),
                Cell(quantity=units.count(row["records"], "records"), alarming=True),
                Cell(quantity=units.count(row["gaps"], "gaps")),
                Cell(text=f"{row['first']:,} and {row['last']:,}"),
            ]
            for row in found.lost
        ],
        keys=[row["process"] for row in found.lost],
    )


def _journals(health: Health) -> list[Figure]:
    journals = health.journals
    return [
        Figure(label="Files", value=units.count(journals.files, "files")),
        Figure(label="Still being written", value=units.count(journals.live, "files")),
        Figure(label="Packed", value=units.count(journals.packed, "files")),
        Figure(label="Skipped in them", value=units.size(journals.skipped_bytes)),
        *(
            Figure(label=f"OTLP {name}", value=units.count(number, "requests"))
            for name, number in sorted(journals.received.items())
        ),
    ]


def _storage(health: Health) -> list[Figure]:
    files = health.attachments
    return [
        Figure(label="Database", value=_size(health.database_bytes)),
        Figure(label="Its log", value=_size(health.log_bytes)),
        Figure(label="Index of words", value=_size(health.index_bytes)),
        Figure(label="Journals", value=units.size(health.journals.bytes)),
        Figure(label="Attachments", value=units.size(files.bytes), note=units.plural(files.files, "file")),
        Figure(label="Free on this disk", value=_size(health.free_bytes)),
    ]


def _size(number: int | None) -> Quantity:
    return units.unknown("size") if number is None else units.size(number)
