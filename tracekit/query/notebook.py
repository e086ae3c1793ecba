"""A trace, a span and a list of traces as fragments of HTML for a notebook's cell: no script, nothing from elsewhere.

The style is bound to the fragment's own class and takes the notebook's text colour, so that it reads in dark and in
light. Notebooks that are not trusted lose the style: the words, their order and the lines of the tree stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from tracekit import state, units
from tracekit.query import tree
from tracekit.state import State
from tracekit.text import line, undated, visible

Row = Mapping[str, Any]

SPANS = 500
"""Spans of a tree; `tracekit up` shows any number."""
ROWS = 50
"""Rows of a list."""
LONGEST = 4_000
"""Characters of one text."""
_NAME = 80
_SHORT = 40
_PREVIEW = 72
STYLE = """
.tracekit{--tk-error:#c62f26;--tk-ok:#1f8a4f;--tk-cut:#946200;--tk-running:#1f6fbf;--tk-bar:#6b5ce0;
--tk-line:color-mix(in srgb,currentColor 18%,transparent);--tk-soft:color-mix(in srgb,currentColor 72%,transparent);
font:13px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;max-width:100%;overflow-x:auto}
[data-jp-theme-light="false"] .tracekit,.vscode-dark .tracekit,html[theme="dark"] .tracekit,
[data-theme="dark"] .tracekit{
--tk-error:#ff8078;--tk-ok:#5ccb8b;--tk-cut:#e6b455;--tk-running:#6db7ff;--tk-bar:#a99bff}
.tracekit .tk-head{font-size:15px;font-weight:650;margin:0 0 2px}
.tracekit .tk-facts{margin:0 0 8px;color:var(--tk-soft)}
.tracekit .tk-error{color:var(--tk-error)}.tracekit .tk-ok{color:var(--tk-ok)}
.tracekit .tk-cut{color:var(--tk-cut)}.tracekit .tk-running{color:var(--tk-running)}
.tracekit .tk-row{display:grid;grid-template-columns:minmax(16em,2fr) minmax(6em,1fr) 5em 6em 9em 6em;gap:0 12px;
align-items:center;padding:2px 0;border-top:1px solid var(--tk-line);cursor:pointer;list-style:none}
.tracekit .tk-row>span{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tracekit .tk-r{text-align:right}
.tracekit .tk-lead{white-space:pre;font-family:ui-monospace,monospace;color:var(--tk-soft)}
.tracekit .tk-kind{color:var(--tk-soft)}
.tracekit .tk-track{position:relative;height:8px}
.tracekit .tk-bar{position:absolute;top:0;height:8px;min-width:2px;border-radius:4px;background:var(--tk-bar)}
.tracekit .tk-failed .tk-bar{background:var(--tk-error)}
.tracekit .tk-said{padding:4px 0 8px 24px}
.tracekit .tk-label{margin:6px 0 0;color:var(--tk-soft);font-weight:600}
.tracekit pre{margin:2px 0;padding:6px 10px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:24em;overflow:auto;
border-left:3px solid var(--tk-line);background:color-mix(in srgb,currentColor 5%,transparent);color:inherit;
font-size:12px}
.tracekit.tracekit table{border-collapse:collapse;table-layout:auto;width:100%;margin:0;font:inherit;color:inherit}
.tracekit.tracekit tbody tr{background:none}
.tracekit.tracekit th,.tracekit.tracekit td{text-align:left;vertical-align:top;white-space:normal;
padding:4px 12px 4px 0;border-top:1px solid var(--tk-line)}
.tracekit.tracekit .tk-nowrap,.tracekit.tracekit td code{white-space:nowrap}
.tracekit.tracekit th.tk-r,.tracekit.tracekit td.tk-r{text-align:right;white-space:nowrap}
.tracekit.tracekit td code{padding:0;background:none;color:var(--tk-soft);font-size:11px}
.tracekit.tracekit thead th{font-weight:500;color:var(--tk-soft);border:0}
"""
"""Every rule begins with the class of the fragment, or with what the page around it says of its theme. Rules of tables
say it twice: JupyterLab has others for every table (columns of one width, words to the right), which these outweigh."""


def trace(found: Row, previews: Mapping[str, Row]) -> str:
    """A trace: its sums, and its spans as a tree in which each opens.

    Args:
        found: as `get_trace` gives it.
        previews: `input`, `output` and `status_message` by span id.
    """
    title, sums = tree.heading(found)
    stands = state.of_trace(found)
    name = str(found["name"] or "(unnamed)")
    spans = found["spans"]
    branches = [branch for _, branch in zip(range(SPANS), tree.arrange(spans), strict=False)]
    axis = _Axis(spans)
    rows = "".join(_branch(branch, previews.get(str(branch.span["span_id"]), {}), axis) for branch in branches)
    more = len(spans) - len(branches)
    left = (
        f'<p class="tk-facts">{units.plural(more, "further span")}: <code>tracekit up</code> shows all.</p>'
        if more
        else ""
    )
    return _whole(
        f'<p class="tk-head">{_text(name, _NAME)} {_mark(stands)}</p>'
        f'<p class="tk-facts">{_text(sums, 400)}<br><code>{_text(title.split(" ")[0], 40)}</code></p>{rows}{left}'
    )


def span(found: Row, previews: Row | None = None) -> str:
    """A span: its figures, its error, its messages, what went in and out.

    Args:
        found: a row of the `spans` view, JSON decoded; content may be missing.
        previews: the beginning of its `input` and `output`, where that is all there is.
    """
    stands = state.of_span(found)
    facts = [
        stands.word,
        units.duration(found["duration_ms"]).text,
        *([f"first chunk {units.duration(found['ttft_ms']).text}"] if found["ttft_ms"] is not None else []),
        *(
            [f"{units.count(found['input_tokens']).text} in, {units.count(found['output_tokens']).text} out"]
            if (found["input_tokens"], found["output_tokens"]) != (None, None)
            else []
        ),
        *([units.money(found["cost_usd"]).text] if found["cost_usd"] is not None else []),
        *([str(found["model"])] if found["model"] else []),
    ]
    ids = f"{found['trace_id']} / {found['span_id']}"
    return _whole(
        f'<p class="tk-head"><span class="tk-kind">{_text(str(found["kind"]), 20)}</span> '
        f"{_text(str(found['name'] or '(unnamed)'), _NAME)} {_mark(stands)}</p>"
        f'<p class="tk-facts">{_text(" · ".join(facts), 400)}<br><code>{_text(ids, 80)}</code></p>'
        + "".join(
            f'<p class="tk-label">{_text(label, 60)}</p>{_pre(value)}' for label, value in _content(found, previews)
        )
    )


def traces(rows: Sequence[Row]) -> str:
    """A list of traces.

    Args:
        rows: of the `traces` view.
    """
    heads = ("", "Trace", "Started", "Asked", "Answered", "Models", "Tokens", "Cost", "Latency")
    return _table(heads, rows, _trace_cells)


def spans(rows: Sequence[Row]) -> str:
    """A list of spans.

    Args:
        rows: of the `spans` view.
    """
    heads = ("", "Span", "Kind", "Started", "Model", "Tokens", "Cost", "Latency")
    return _table(heads, rows, _span_cells)


def _table(heads: Sequence[str], rows: Sequence[Row], cells: Callable[[Row], list[str]]) -> str:
    right = {"Tokens", "Cost", "Latency"}
    head = "".join(f'<th class="tk-r">{name}</th>' if name in right else f"<th>{name}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="tk-r">{cell}</td>' if name in right else f"<td>{cell}</td>"
            for name, cell in zip(heads, cells(row), strict=True)
        )
        + "</tr>"
        for row in rows[:ROWS]
    )
    more = len(rows) - ROWS
    left = f'<p class="tk-facts">{units.plural(more, "further row")} not shown here.</p>' if more > 0 else ""
    none = '<p class="tk-facts">No row.</p>' if not rows else ""
    return _whole(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{none}{left}")


def _trace_cells(row: Row) -> list[str]:
    models = ", ".join(dict.fromkeys(map(undated, row["models"] or ())))
    tokens = f"{units.count(row['input_tokens']).text} → {units.count(row['output_tokens']).text}"
    return [
        _mark(state.of_trace(row)),
        f"{_text(str(row['name'] or '(unnamed)'), _SHORT)}<br><code>{_text(str(row['trace_id']), 40)}</code>",
        _time(row["start_time"]),
        _text(str(row["input_preview"] or units.UNKNOWN), _PREVIEW),
        _text(str(row["output_preview"] or units.UNKNOWN), _PREVIEW),
        _text(models or units.UNKNOWN, _SHORT),
        tokens,
        units.money(row["cost_usd"]).text,
        units.duration(row["duration_ms"]).text,
    ]


def _span_cells(row: Row) -> list[str]:
    return [
        _mark(state.of_span(row)),
        f"{_text(str(row['name'] or '(unnamed)'), _NAME)}<br><code>{_text(str(row['span_id']), 40)}</code>",
        _text(str(row["kind"]), 20),
        _time(row["start_time"]),
        _text(str(row["model"] or units.UNKNOWN), _NAME),
        f"{units.count(row['input_tokens']).text} → {units.count(row['output_tokens']).text}",
        units.money(row["cost_usd"]).text,
        units.duration(row["duration_ms"]).text,
    ]


class _Axis:
    """Where on the time of a trace a span lies, in percent."""

    def __init__(self, spans: Sequence[Row]) -> None:
        moments = [row[name] for row in spans for name in ("start_time", "end_time") if row[name] is not None]
        self._start = min(moments, default=None)
        self._total = (max(moments) - self._start).total_seconds() if self._start is not None else 0.0

    def bar(self, row: Row) -> str:
        if self._start is None or not self._total:
            return ""
        begin = 100 * (row["start_time"] - self._start).total_seconds() / self._total
        end = 100.0
        if row["end_time"] is not None:
            end = 100 * (row["end_time"] - self._start).total_seconds() / self._total
        return f'<span class="tk-bar" style="left:{begin:.2f}%;width:{max(end - begin, 0):.2f}%"></span>'


def _branch(branch: tree.Branch, said: Row, axis: _Axis) -> str:
    row = branch.span
    stands = state.of_span(row)
    tokens = ""
    if (row["input_tokens"], row["output_tokens"]) != (None, None):
        tokens = f"{units.count(row['input_tokens']).text} in, {units.count(row['output_tokens']).text} out"
    kind = f'<span class="tk-kind">{_text(str(row["kind"]), 20)}</span> '
    lead = f'<span class="tk-lead">{escape(branch.lead)}</span>{kind}'
    cells = (
        f"<span>{lead}{_text(str(row['name'] or '(unnamed)'), _NAME)}</span>",
        f'<span class="tk-track">{axis.bar(row)}</span>',
        f'<span class="tk-r">{units.duration(row["duration_ms"]).text}</span>',
        f"<span>{_mark(stands)}</span>",
        f"<span>{tokens}</span>",
        f'<span class="tk-r">{units.money(row["cost_usd"]).text if row["cost_usd"] is not None else ""}</span>',
    )
    inner = "".join(f'<p class="tk-label">{_text(label, 60)}</p>{_pre(value)}' for label, value in _content(row, said))
    about = _text(f"span {row['span_id']}" + (f", {row['model']}" if row["model"] else ""), 120)
    failed = " tk-failed" if stands.mark == "error" else ""
    return (
        f'<details class="tk-span{failed}"><summary class="tk-row">{" ".join(cells)}</summary>'
        f'<div class="tk-said"><code>{about}</code>{inner}</div></details>'
    )


def _content(row: Row, said: Row | None) -> Iterator[tuple[str, Any]]:
    """What a span has to say, each with its title: messages where they are whole, else the beginning of them."""
    if row["status"] == "error":
        message = row.get("status_message") or (said or {}).get("status_message")
        yield "Error", ": ".join(str(part) for part in (row["error_type"], message) if part) or "no message"
    known = [(title, row.get(name)) for title, name in _COLUMNS if row.get(name) not in (None, [])]
    for title, value in known:
        if title == "System":
            yield from _messages([{"role": title, "parts": value}])
        elif title in ("Prompt", "Answer"):
            yield from _messages(value)
        else:
            yield title, value
    if not known:
        yield from (
            (title, (said or {}).get(name))
            for title, name in (("In", "input"), ("Out", "output"))
            if (said or {}).get(name)
        )


_COLUMNS = (
    ("System", "system_instructions"),
    ("Prompt", "input_messages"),
    ("Arguments", "tool_arguments"),
    ("Input", "input"),
    ("Answer", "output_messages"),
    ("Result", "tool_result"),
    ("Documents", "documents"),
    ("Output", "output"),
)


def _messages(value: Any) -> Iterator[tuple[str, Any]]:
    for message in value if isinstance(value, list) else [value]:
        fields: Mapping[str, Any] = message if isinstance(message, Mapping) else {}
        parts = fields.get("parts") if fields.get("parts") is not None else fields.get("content", message)
        texts = [
            part["content"] if isinstance(part, Mapping) and isinstance(part.get("content"), str) else part
            for part in (parts if isinstance(parts, list) else [parts])
        ]
        yield str(fields.get("role") or "message"), "\n".join(map(_plain, texts))


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except RecursionError:
        return "(nested too deeply to be written here)"


def _pre(value: Any) -> str:
    text = _plain(value)
    cut = f"\n… ({len(text) - LONGEST:,} more characters)" if len(text) > LONGEST else ""
    shown = "\n".join(visible(each.expandtabs(4)) for each in (text[:LONGEST] + cut).split("\n"))
    return f"<pre>{escape(shown)}</pre>"


def _mark(stands: State) -> str:
    return f'<b class="tk-{stands.mark}">{escape(stands.label)}</b>'


def _time(when: datetime) -> str:
    return f'<span class="tk-nowrap">{when:%Y-%m-%d %H:%M:%S}</span>'


def _text(text: str, limit: int) -> str:
    return escape(line(text, limit))


def _whole(inner: str) -> str:
    return f'<div class="tracekit"><style>{STYLE}</style>{inner}</div>'
