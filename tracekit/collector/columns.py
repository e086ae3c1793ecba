"""Rows of many spans at once, of plain ones in the words of the conventions or of no dialect, as most are. Pure.

What it makes of a span is what `dialects.canonical`, pricing, `extract` and `packing` make of it one by one, by the
same tables and functions; `tests/collector/test_columns.py` holds the two against each other. Whatever is out of the
ordinary in a span (events, another dialect, numbers that contradict each other, media) leaves it to these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tracekit import semconv as sc
from tracekit.collector.spread import Attributes, cells, column, first, has, long_texts, spread
from tracekit.dialects import balance, base, generic, otel_genai, registry
from tracekit.dialects.messages import reasons
from tracekit.dialects.values import MAX_INTEGER, count, said, text
from tracekit.dialects.vocabulary import KIND_OF
from tracekit.model import DEFAULT_PROJECT, KINDS, Span
from tracekit.otlp import messages
from tracekit.otlp.bulk import Bulk
from tracekit.otlp.protobuf import Origin
from tracekit.otlp.wire import Array as Numbers
from tracekit.store import Table, contents, packing
from tracekit.store.cells import Array, compute, json_text
from tracekit.store.cells import text as texts
from tracekit.store.extraction import SMALL, large_texts, may_hold
from tracekit.store.previews import assistant_text, input_text, output_text, user_text

Charge = Callable[[Span], None]
"""Sets what a span has cost."""

_TEXT, _INTEGER, _NUMBER, _TEXTS = pa.string(), pa.int64(), pa.float64(), pa.list_(pa.string())
_MAX_ENUM = (1 << 31) - 1
_Status = messages.lenient(Status)
CONTENT = {
    sc.INPUT: ("input", None),
    sc.OUTPUT: ("output", None),
    **otel_genai.CONTENT,
}
"""Attributes of content: the field that each is, and how it is read."""
_BITS = {name: 1 << 2 * place for place, name in enumerate(CONTENT)}
_PARTS = sorted(
    (
        (_BITS[name] << encoded, (name, field, encoded))
        for name, (field, _) in CONTENT.items()
        for encoded in (False, True)
    ),
    key=lambda part: contents.FIELDS.index(part[1][1]),
)
"""What a cell may carry, each with the bit that stands for it, in the order of the cells."""
_CONVENTIONAL = (*otel_genai.FIELDS, *otel_genai.OLDER, *otel_genai.CONTENT)
_APART = (*balance.APART, *(name for name, (field, _) in otel_genai.FIELDS.items() if field == "given_cost_usd"))
"""Attributes whose spans are read one by one."""
_READ = [(name, field) for name, (field, _) in (*otel_genai.OLDER.items(), *CONTENT.items())]
_RIVALS = [
    rivals
    for field in {field for _, field in _READ}
    if len(rivals := [name for name, own in _READ if own == field]) > 1
]
"""Attributes of one field, of which the one that a span has first is believed."""
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_TYPES = {
    **dict.fromkeys(_TOKENS, _INTEGER), "ttft_ms": _NUMBER, "given_cost_usd": _NUMBER, "tags": _TEXTS,
    "finish_reasons": _TEXTS,
}  # fmt: skip
"""Types of columns that are no text."""
_SEES = {
    "input_messages": user_text,
    "output_messages": assistant_text,
    "input": input_text,
    "output": output_text,
    "tool_arguments": input_text,
    "tool_result": output_text,
}
"""What a list shows of a content."""


@dataclass(slots=True, frozen=True)
class Sources:
    """Where spans come from.

    Attributes:
        origins: what they come from.
        come: of each span, the place among `origins` of what it comes from.
        records: journals, and numbers of the records in them.
        told: of each span, the place among `records` of the one that tells of it.
    """

    origins: Sequence[Origin]
    come: Numbers
    records: Sequence[tuple[str, int]]
    told: Numbers


def rows(read: Bulk, attributes: Attributes, sources: Sources, charge: Charge) -> tuple[Table, Numbers]:
    """The rows of `internal.spans` of all spans that can be read together.

    Args:
        read: the spans.
        attributes: all that the plain ones have.
        sources: where they come from.
        charge: sets `cost_usd` and what goes with it, from the usage and the model of a span.

    Returns:
        The rows, and the places of the spans that are to be read one by one. Spans without usable ids are neither.
    """
    speaks = _conventional(read, attributes, sources)
    taken = _taken(read, attributes, speaks)
    chosen = Chosen(read, attributes.only(taken), taken, speaks[taken] > 0, sources)
    table, is_doubtful = chosen.table(charge)
    if is_doubtful.any():
        taken[np.flatnonzero(taken)[is_doubtful]] = False
        table = table.filter(pa.array(~is_doubtful))
    return table, np.flatnonzero(read.usable & ~taken | ~read.plain)


def _conventional(read: Bulk, attributes: Attributes, sources: Sources) -> Numbers:
    """Of each span: 1 where it speaks the conventions' dialect, 0 where it speaks none, -1 where another."""
    places = {dialect.name: place for place, dialect in enumerate(registry.DIALECTS)}
    known = [registry.of_scope(origin.scope_name) if origin.scope_name else None for origin in sources.origins]
    of_scope = np.array([-1 if dialect is None else places[dialect.name] for dialect in known])[sources.come]
    unknown = of_scope < 0
    if unknown.any():
        none = places[generic.DIALECT.name]
        ranks = np.array([registry.RANKS.get(name, none) for name in attributes.names] or [none])
        marked = np.full(len(sources.come), none)
        if len(attributes.owners):
            np.minimum.at(marked, attributes.owners, ranks[attributes.named])
        for rank, prefix in registry.PREFIXES:
            begins = np.asarray(compute.fill_null(compute.starts_with(read.names, prefix.encode()), False))
            marked[begins] = np.minimum(marked[begins], rank)
        of_scope = np.where(unknown, marked, of_scope)
    own, none = places[otel_genai.DIALECT.name], places[generic.DIALECT.name]
    return np.where(of_scope == own, 1, np.where(of_scope == none, 0, -1))


def _taken(read: Bulk, attributes: Attributes, speaks: Numbers) -> Numbers:
    """Of each span, whether it can be read together with others, by all that can be told before it is read."""
    total = len(speaks)
    by_name = attributes.by_name()
    taken = read.plain & read.usable & (speaks >= 0)
    taken &= (read.kinds >= 0) & (read.kinds <= _MAX_ENUM)
    taken &= (read.starts <= MAX_INTEGER) & (read.ends <= MAX_INTEGER) & ((read.ends == 0) | (read.ends >= read.starts))
    taken[attributes.repeated()] = False
    taken &= has(total, by_name, _APART) == 0
    taken &= (speaks == 1) | (has(total, by_name, (*_CONVENTIONAL, *balance.NUMBERS)) == 0)
    for rivals in _RIVALS:
        taken &= has(total, by_name, rivals) < 2  # noqa: PLR2004 - two
    for attribute in by_name.values():
        media = [_may_be_media(value) for value in attribute.values]
        if any(media):
            taken[attribute.rows[np.array(media)[attribute.at]]] = False
    return taken


def _may_be_media(value: Any) -> bool:
    """Whether a value may hold base64 that becomes an attachment; JSON may write its slashes as two characters."""
    if isinstance(value, str):
        return len(value) >= SMALL and (may_hold(value) or "\\/" in value)
    return isinstance(value, list | dict) and any(map(_may_be_media, large_texts(value)))


class Chosen:
    """Spans that are read together, and what their columns are made of."""

    def __init__(self, read: Bulk, attributes: Attributes, taken: Numbers, speaks: Numbers, sources: Sources) -> None:
        self._read = read
        self._attributes = attributes
        self._by_name = attributes.by_name()
        self._taken = None if taken.all() else taken
        self._speaks = speaks
        self._origins = sources.origins
        self._records = sources.records
        self._come = sources.come[taken]
        self._told = sources.told[taken]
        self._count = len(self._come)

    def table(self, charge: Charge) -> tuple[Table, Numbers]:
        """The rows, and of each whether it is to be read by itself after all."""
        made = self._identity() | self._said() | self._contents()
        made["finish_reasons"] = first((made["finish_reasons"], made.pop("reasons")))
        made["model"] = first((made["response_model"], made["request_model"]))
        made["kind"] = self._kinds(made)
        doubtful = self._usage(made)
        made |= _charged(made, charge)
        return packing.table(made, self._count), doubtful | self._unreadable(made)

    def _identity(self) -> dict[str, Array]:
        """What the span's own fields say, and where it comes from."""
        read = self._read
        starts, ends = self._numbers(read.starts), self._numbers(read.ends)
        start = pa.array(starts.astype(np.int64))
        made = {
            "trace_id": self._cells(read.trace_ids),
            "span_id": self._cells(read.span_ids),
            "parent_span_id": self._cells(read.parents),
            "name": _texts(compute.fill_null(self._cells(read.names), b"")),
            "raw_kind": pa.array(self._numbers(read.kinds), _INTEGER),
            "start_ns": start,
            "end_ns": pa.array(ends.astype(np.int64), mask=ends == 0),
            "start_time": packing.instants(start),
            "derivation": _same(base.DERIVATION, self._count, _INTEGER),
            "dialect": _chosen(self._speaks, otel_genai.DIALECT.name, generic.DIALECT.name),
            "events": _same("[]", self._count),
            "links": _same("[]", self._count),
        }
        made |= dict(zip(("raw_status", "status", "status_message"), self._status(), strict=True))
        made["journal"] = _each([journal for journal, _ in self._records], self._told)
        made["record"] = _each([number for _, number in self._records], self._told, _INTEGER)
        resources = [origin.resource for origin in self._origins]
        made["resource"] = self._origin([json_text(resource) for resource in resources])
        made["service"] = self._origin([text(resource.get(sc.SERVICE_NAME)) for resource in resources])
        made["scope_name"] = self._origin([text(origin.scope_name) for origin in self._origins])
        made["scope_version"] = self._origin([text(origin.scope_version) for origin in self._origins])
        projects = [text(resource.get(sc.PROJECT)) or DEFAULT_PROJECT for resource in resources]
        made["project"] = first((self._column(sc.PROJECT, text), self._origin(projects)))
        outcome = self._by_name.get(sc.OUTCOME)
        ended = compute.if_else(pa.array(ends == 0), pa.scalar(None, _TEXT), "complete")
        if outcome is not None:
            told = has(self._count, self._by_name, (sc.OUTCOME,)) > 0
            known = self._column(sc.OUTCOME, lambda value: value if value in base.OUTCOMES else None)
            ended = compute.if_else(pa.array(told), known, ended)
        made["outcome"] = ended
        return made

    def _status(self) -> tuple[Array, Array, Array]:
        """OTLP's number, ours, and the message."""
        said_ = self._cells(self._read.statuses)
        if said_.null_count == len(said_):
            return _same(0, self._count, _INTEGER), _same("unset", self._count), pa.nulls(self._count, _TEXT)
        found = compute.fill_null(said_, b"").dictionary_encode()
        read = [messages.parse(_Status, data) for data in found.dictionary.to_pylist()]
        codes = cells([count(status.code) for status in read], _INTEGER)
        words = cells([base.STATUSES.get(status.code, "unset") for status in read])
        told = cells([messages.text(status.message) or None for status in read])
        return codes.take(found.indices), words.take(found.indices), told.take(found.indices)

    def _said(self) -> dict[str, Array]:
        """What attributes say that are a column each."""
        made: dict[str, Array] = {}
        for name, (field, read) in (otel_genai.FIELDS | base.FIELDS).items():
            made[field] = self._column(name, read, _TYPES.get(field, _TEXT))
        for name, (field, read) in otel_genai.OLDER.items():
            if name in self._by_name:
                made[field] = first((made[field], self._column(name, read, _TYPES.get(field, _TEXT))))
        tiers = [self._column(name, text) for name in balance.TIERS if name in self._by_name]
        if tiers:
            made["service_tier"] = first(tiers)
        return made

    def _contents(self) -> dict[str, Array]:
        """Content, what lists show of it, and the attributes without what content says word for word."""
        made: dict[str, list[Array]] = {}
        shown: dict[str, list[Array]] = {}
        masks = np.zeros(self._count, np.int64)
        left_out = np.zeros(len(self._attributes.owners), bool)
        for name in self._by_name.keys() & CONTENT:
            attribute = self._by_name[name]
            field, content = CONTENT[name][0], _Content(name, attribute.values)
            made.setdefault(field, []).append(long_texts(self._count, attribute, content.cells))
            if field in _SEES:
                shown.setdefault(field, []).append(spread(self._count, attribute, cells(content.shown)))
            if field == "output_messages":
                shown["reasons"] = [spread(self._count, attribute, cells(content.reasons, _TEXTS))]
            bits = content.bits[attribute.at]
            masks[attribute.rows] |= bits
            left_out[attribute.places] = bits > 0
        absent = pa.nulls(self._count, _TEXT)
        found = {field: first(columns) for field, columns in made.items()}
        seen = {field: first(columns) for field, columns in shown.items()}
        return {
            **found,
            "user_text": seen.get("input_messages", absent),
            "assistant_text": seen.get("output_messages", absent),
            "input_text": _either(found, seen, "input", "tool_arguments", absent),
            "output_text": _either(found, seen, "output", "tool_result", absent),
            "reasons": seen.get("reasons", pa.nulls(self._count, _TEXTS)),
            "attributes": self._attributes.json(self._count, left_out),
            "carried": _carried(masks),
        }

    def _kinds(self, made: dict[str, Array]) -> Array:
        told = self._column(sc.KIND, lambda value: value if value in KINDS else "other")
        operated = self._column(sc.OPERATION, _kind_of)
        asked = compute.and_(compute.is_valid(made["request_model"]), compute.is_valid(made["output_tokens"]))
        older = compute.if_else(asked, "llm", pa.scalar(None, _TEXT))
        own = np.array([origin.scope_name == sc.SCOPE for origin in self._origins])[self._come]
        return first((told, operated, older, _chosen(own, "chain", "other")))

    def _usage(self, made: dict[str, Array]) -> Numbers:
        """Set what the span owns; of each row, whether its usage contradicts itself."""
        tokens = {field: np.asarray(compute.fill_null(made[field], 0)) for field in _TOKENS}
        reports = compute.or_(compute.is_valid(made["input_tokens"]), compute.is_valid(made["output_tokens"]))
        fetched = compute.fill_null(compute.equal(made["operation"], sc.FETCH_RESPONSE), False)
        made["reports"] = compute.and_not(reports, fetched)
        calls = compute.is_in(made["kind"], pa.array(sorted(balance.COUNTED_KINDS)))
        made["counted"] = compute.and_(made["reports"], calls)
        cached = tokens["cache_read_tokens"] + tokens["cache_write_tokens"]
        over = (cached > tokens["input_tokens"]) & np.asarray(compute.is_valid(made["input_tokens"]))
        over |= (tokens["reasoning_tokens"] > tokens["output_tokens"]) & np.asarray(
            compute.is_valid(made["output_tokens"])
        )
        return over

    def _unreadable(self, made: dict[str, Array]) -> Numbers:
        """Of each row, whether it has an attribute that should be a number of tokens and is none."""
        found = np.zeros(self._count, bool)
        for name, field in balance.NUMBERS.items():
            if name in self._by_name:
                lacks = np.asarray(compute.is_null(made[field]))
                found |= lacks & (has(self._count, self._by_name, (name,)) > 0)
        return found

    def _column(self, name: str, read: Callable[[Any], Any], kind: Any = _TEXT) -> Array:
        return column(self._count, self._by_name.get(name), read, kind)

    def _cells(self, values: Array) -> Array:
        return values if self._taken is None else values.filter(pa.array(self._taken))

    def _numbers(self, values: Numbers) -> Numbers:
        return values if self._taken is None else values[self._taken]

    def _origin(self, values: list[Any]) -> Array:
        return _each(values, self._come)


class _Content:
    """The values of one content attribute as cells, what is shown of each, and whether the cell says the attribute.

    Attributes:
        cells: the texts of the cells.
        shown: what lists show.
        reasons: of output messages, why they ended.
        bits: 0 where the attribute is kept, else the one bit that stands for the part of `carried`.
    """

    def __init__(self, name: str, values: list[Any]) -> None:
        field, read = CONTENT[name]
        show, tells = _SEES.get(field), field == "output_messages"
        bit = _BITS[name]
        self.cells: list[Any] = []
        self.shown: list[str | None] = []
        self.reasons: list[list[str] | None] = []
        bits: list[int] = []
        for value in values:
            found, is_same = (None, False) if value is None else said(value, read)
            cell, part = (
                (None, None) if found is None else contents.cell(field, found, name if is_same else None, value)
            )
            self.cells.append(cell)
            bits.append(0 if part is None else bit << part[2])
            if show is not None:
                self.shown.append(show(found))
            if tells:
                self.reasons.append(reasons(found))
        self.bits = np.array(bits, np.int64)


def _charged(made: dict[str, Array], charge: Charge) -> dict[str, Array]:
    """What the spans that report usage have cost."""
    total = len(made["kind"])
    costs: list[float | None] = [None] * total
    sources: list[str | None] = [None] * total
    fields = ("provider", "request_model", "response_model", "service_tier", "start_ns", "kind", *_TOKENS)
    priced = np.flatnonzero(np.asarray(compute.and_(made.pop("reports"), compute.is_valid(made["input_tokens"]))))
    index = pa.array(priced)
    columns = [made[name].take(index).to_pylist() if name in made else [None] * len(priced) for name in fields]
    span = Span(trace_id="", span_id="")
    for row, values in zip(priced.tolist(), zip(*columns, strict=True), strict=True):
        for name, value in zip(fields, values, strict=True):
            setattr(span, name, value)
        charge(span)
        costs[row], sources[row] = span.cost_usd, span.price_source
    return {"cost_usd": pa.array(costs, _NUMBER), "price_source": cells(sources)}


def _either(found: dict[str, Array], seen: dict[str, Array], field: str, other: str, absent: Array) -> Array:
    """What is shown of a field, or where a span has none, of another."""
    if field not in found:
        return seen.get(other, absent)
    return compute.if_else(compute.is_valid(found[field]), seen[field], seen.get(other, absent))


def _carried(masks: Numbers) -> Array:
    """The column of that name, from the bits of the parts that each span has."""
    distinct, codes = np.unique(masks, return_inverse=True)
    found = [tuple(part for bit, part in _PARTS if mask & bit) for mask in distinct.tolist()]
    return contents.carried_column(found).take(pa.array(codes, pa.int32()))


def _kind_of(operation: Any) -> str | None:
    word = text(operation)
    return None if word is None else KIND_OF.get(word, "other")


def _texts(found: Array) -> Array:
    """Bytes as text, with U+FFFD for what is no character."""
    try:
        return found.cast(_TEXT)
    except pa.ArrowInvalid:
        return texts([messages.text(data) for data in found.to_pylist()])


def _same(value: Any, total: int, kind: Any = _TEXT) -> Array:
    return pa.repeat(pa.scalar(value, kind), total)


def _each(values: list[Any], places: Numbers, kind: Any = _TEXT) -> Array:
    """The one of the values that stands at each place."""
    return cells(values, kind).take(pa.array(places, pa.int32()))


def _chosen(mask: Numbers, yes: str, no: str) -> Array:
    return compute.if_else(pa.array(mask, pa.bool_()), yes, no)
