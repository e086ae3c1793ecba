"""One row of a dataset or of results: what went in, what came out, and what is known to be right.

Fields have fixed names everywhere. Every other column is kept as it is, and is reached by `row["column"]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from tracekit.errors import UsageError


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool: its name, and its arguments, decoded."""

    name: str
    arguments: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Mapping[str, Any]):
    """A row. A field that is not known is None; as a mapping it has those that are, and the other columns.

    Attributes:
        id: names the row, the same in every run; None until a dataset gives one.
        input: what was asked: text, or any JSON.
        output: what the program answered: text, or any JSON.
        expected: what it should have answered, or a list of answers that are all right.
        contexts: texts that the answer was to stand on, in the order they were retrieved.
        retrieved: ids of what was retrieved, best first.
        relevant: ids of what should have been, each with its gain (1 where only ids are given).
        tool_calls: the tools that were called, in order.
        expected_tool_calls: those that should have been.
        messages: the conversation: objects with `role` and `content`, or the convention's `parts`.
        trace_id: the trace that the row was answered in.
        metadata: anything more that is known of the row.
        spans: the spans of that trace, with the columns of the view `spans`; never part of a file.
        columns: every column that is none of these.
    """

    id: str | None = None
    input: Any = None
    output: Any = None
    expected: Any = None
    contexts: tuple[str, ...] | None = None
    retrieved: tuple[str, ...] | None = None
    relevant: Mapping[str, float] | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    expected_tool_calls: tuple[ToolCall, ...] | None = None
    messages: tuple[Mapping[str, Any], ...] | None = None
    trace_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    spans: tuple[Mapping[str, Any], ...] | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name in self.columns:
            return self.columns[name]
        value = getattr(self, name) if name in FIELDS else None
        if value is None or (name == "metadata" and not value):
            raise KeyError(f"row {self.id!r} has no column {name!r}; it has {', '.join(self) or 'none'}.")
        return value

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in FIELDS if getattr(self, name) is not None and getattr(self, name) != {})
        yield from self.columns

    def __len__(self) -> int:
        return sum(1 for _ in self)


FIELDS = tuple(item.name for item in fields(Row) if item.name not in {"columns", "spans"})
"""The names of a row's fields in a file."""


def read_row(data: Any, *, where: str = "the row") -> Row:
    """A row from decoded JSON.

    Args:
        data: an object; unknown keys become columns.
        where: names the row in an error ("qa.jsonl, line 3").

    Raises:
        UsageError: it is no object, or a field has the wrong shape; says which, and what it holds.
    """
    if not isinstance(data, Mapping):
        raise UsageError(f'{where} is {_kind(data)}; a row is an object like {{"input": ..., "expected": ...}}.')
    known = {
        name: _READERS.get(name, _as_is)(data[name], f"{where}: {name}")
        for name in FIELDS
        if data.get(name) is not None
    }
    columns = {str(name): value for name, value in data.items() if name not in FIELDS}
    return Row(**known, columns=columns)


def write_row(row: Row) -> dict[str, Any]:
    """A row as JSON can hold it; `read_row` reads it back."""
    data: dict[str, Any] = {name: row[name] for name in row}
    for name in ("tool_calls", "expected_tool_calls"):
        if name in data:
            data[name] = [{"name": call.name, "arguments": call.arguments} for call in data[name]]
    for name in ("contexts", "retrieved", "messages"):
        if name in data:
            data[name] = list(data[name])
    return data


def _as_is(value: Any, _: str) -> Any:
    return value


def _identity(value: Any, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(f"{where} is {_kind(value)}; an id is text or a whole number.")
    return str(value)


def _ids(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_identity(item, f"{where}[{place}]") for place, item in enumerate(_items(value, where)))


def _texts(value: Any, where: str) -> tuple[str, ...]:
    items = (value,) if isinstance(value, str) else _items(value, where)
    for place, item in enumerate(items):
        if not isinstance(item, str):
            raise UsageError(f"{where}[{place}] is {_kind(item)}; contexts are texts.")
    return tuple(items)


def _gains(value: Any, where: str) -> Mapping[str, float]:
    if not isinstance(value, Mapping):
        return dict.fromkeys(_ids(value, where), 1.0)
    for name, gain in value.items():
        if isinstance(gain, bool) or not isinstance(gain, int | float) or not gain >= 0:
            raise UsageError(f"{where}[{name!r}] is {gain!r}; a gain is a number of 0 or more.")
    return {str(name): float(gain) for name, gain in value.items()}


def _calls(value: Any, where: str) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    for place, item in enumerate(_items(value, where)):
        if isinstance(item, ToolCall):
            calls.append(item)
        elif isinstance(item, str):
            calls.append(ToolCall(item))
        elif isinstance(item, Mapping) and isinstance(item.get("name"), str):
            calls.append(ToolCall(item["name"], item.get("arguments")))
        else:
            raise UsageError(f'{where}[{place}] is {item!r:.80}; a tool call is {{"name": text, "arguments": ...}}.')
    return tuple(calls)


def _objects(value: Any, where: str) -> tuple[Mapping[str, Any], ...]:
    items = _items(value, where)
    for place, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise UsageError(f"{where}[{place}] is {_kind(item)}; a message is an object with a role.")
    return tuple(items)


def _metadata(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} is {_kind(value)}; metadata is an object.")
    return dict(value)


def _trace(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where} is {_kind(value)}; a trace id is 32 hex digits.")
    return value


def _items(value: Any, where: str) -> Sequence[Any]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise UsageError(f"{where} is {_kind(value)}; it is a list.")
    return value


def _kind(value: Any) -> str:
    return f"{value!r:.60} ({type(value).__name__})"


_READERS: Mapping[str, Any] = {
    "id": _identity,
    "contexts": _texts,
    "retrieved": _ids,
    "relevant": _gains,
    "tool_calls": _calls,
    "expected_tool_calls": _calls,
    "messages": _objects,
    "trace_id": _trace,
    "metadata": _metadata,
}
