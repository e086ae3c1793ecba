"""Journals as a program of ours leaves them, and writers that can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.otlp import START
from tracekit.journal import records
from tracekit.journal.frame import pack
from tracekit.journal.writer import JournalWriter

TRACE = "0123456789abcdef0123456789abcdef"


def span(
    number: int, *, trace: str = TRACE, parent: int | None = None, ended: bool = True, **fields: Any
) -> dict[str, Any]:
    """The fields of a span record."""
    start = START + number * 1_000_000
    return {
        "trace_id": trace,
        "span_id": f"{number:016x}",
        "parent_span_id": None if parent is None else f"{parent:016x}",
        "name": f"work {number}",
        "kind": 1,
        "start_ns": start,
        **({"end_ns": start + 1_000_000} if ended else {}),
        **fields,
    }


def record(fields: dict[str, Any]) -> bytes:
    """The payload of a span record."""
    return records.encode(fields).encode()


def start(writer: JournalWriter, number: int, **fields: Any) -> None:
    """Record that a span has begun."""
    writer.append(records.SPAN_START, record(span(number, ended=False, **fields)))


def end(writer: JournalWriter, number: int, **fields: Any) -> None:
    """Record that a span has ended."""
    writer.append(records.SPAN_END, record(span(number, **fields)))


def frames(count: int) -> list[bytes]:
    """A whole journal, frame by frame: a header, then ended spans 1 to `count`."""
    header = pack(records.HEADER, 0, records.encode({"format": 1, "process": "elsewhere-1"}).encode())
    ends = [pack(records.SPAN_END, number, record(span(number))) for number in range(1, count + 1)]
    return [header, *ends]


def chat(number: int, *, model: str, **fields: Any) -> dict[str, Any]:
    """The fields of a span of a chat call that used 1,000 tokens in and 100 out."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": f"question {number}"}]}],
        "gen_ai.output.messages": [
            {"role": "assistant", "parts": [{"type": "text", "content": f"answer {number}"}], "finish_reason": "stop"}
        ],
    }
    return {**fields, "attributes": {**attributes, **fields.get("attributes", {})}}


_WRITER = """
import sys, time
from pathlib import Path
from tests.support import journals
from tracekit.journal.writer import JournalWriter
writer = JournalWriter(Path(sys.argv[1]))
for number in range(1, int(sys.argv[2]) + 1):
    journals.start(writer, number)
    journals.end(writer, number)
journals.start(writer, 999)
print("written", flush=True)
time.sleep(60)
"""


@contextlib.contextmanager
def live_writer(journal: Path, ended: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that has ended so many spans and holds number 999 open, until the context ends or a kill."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", _WRITER, str(journal), str(ended)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
