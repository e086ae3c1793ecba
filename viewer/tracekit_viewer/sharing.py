"""A trace as one HTML file: it opens from a disk, asks nothing of anybody, runs nothing, and can be imported again.

Its policy allows its own style by its digest, and pictures and sound that stand in it; nothing else, and no script at
all. The trace itself is in the file as data: see `tracekit.query.shared`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from tracekit import units
from tracekit._version import __version__
from tracekit.query import shared, withheld
from tracekit.query.asking import Askable
from tracekit.query.contents import contents
from tracekit.query.searching import Searchable
from tracekit.store.attachments import Attachments
from tracekit_viewer.presenters.heading import heading
from tracekit_viewer.presenters.judging import judging
from tracekit_viewer.presenters.panel import panel
from tracekit_viewer.presenters.sharing import MOST_LINES, MOST_PANELS, Inlining, branches, ways
from tracekit_viewer.presenters.waterfall import waterfall
from tracekit_viewer.render import Renderer

STYLES = ("viewer.css", "share.css")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The file, the policy that it is under, and what the trace in it holds."""

    html: bytes
    policy: str
    packed: shared.Packed


def page(
    source: Searchable | Askable,
    trace: Mapping[str, Any],
    *,
    attachments: Attachments,
    renderer: Renderer,
    now: datetime,
    content: bool = True,
) -> Page:
    """Make the file of a trace.

    Args:
        source: what answers.
        trace: as `get_trace` gives it.
        attachments: the files that it refers to.
        renderer: the templates.
        now: when it is made.
        content: False leaves out every text: structure, times, usage and cost stay.
    """
    packed = shared.pack(source, trace["trace_id"], attachments, content=content)
    shown = trace if content else withheld.trace(trace)
    inlining = Inlining(attachments=attachments)
    panels = _panels(source, shown, inlining, renderer=renderer, now=now, content=content)
    tree = waterfall(shown["spans"])
    lines = list(branches(tree, set(panels)))
    style = "\n".join(renderer.assets.files[name].body.decode() for name in STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; media-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    first = tree.first_error or tree.root
    text = renderer.templates.get_template("share.html").render(
        head=heading(shown, now=now),
        started=trace["start_time"],
        tree=tree,
        lines=lines,
        ways=ways(lines),
        panels={line.line.id: Markup(panels[line.line.id]) for line in lines if line.shown},  # noqa: S704 - rendered
        first=first if first in panels else next(iter(panels), None),
        notes=_notes(
            trace, packed, lines=len(lines), panels=len(panels), refused=len(inlining.refused), content=content
        ),
        style=Markup(style),  # noqa: S704 - our own files
        policy=policy,
        made=now,
        version=__version__,
        content=content,
    )
    html = "".join([text, *shared.element(packed), "</body>\n</html>\n"])
    return Page(html=html.encode("utf-8", "replace"), policy=policy, packed=packed)


def _panels(
    source: Searchable | Askable,
    trace: Mapping[str, Any],
    inlining: Inlining,
    *,
    renderer: Renderer,
    now: datetime,
    content: bool,
) -> dict[str, str]:
    """The panels by span id, in the order the spans started, as long as there is room."""
    template = renderer.templates.get_template("share_span.html")
    made: dict[str, str] = {}
    room = MOST_PANELS
    for found in contents(source, trace):
        span = found if content else withheld.span(found)
        view = panel(span, now=now, attachments=inlining.attachments)
        text = template.render(panel=view, judged=judging(span, now=now), inlining=inlining)
        room -= len(text)
        if room < 0:
            break
        made[span["span_id"]] = text
    return made


def _notes(
    trace: Mapping[str, Any], packed: shared.Packed, *, lines: int, panels: int, refused: int, content: bool
) -> list[str]:
    """What the page should say of itself: what is not in it, and what only its trace has."""
    total = len(trace["spans"])
    said: list[str] = []
    if not content:
        said.append(
            "Shared without content: prompts, answers, arguments, messages of errors and identities were left out."
        )
    if lines < total:
        said.append(f"The tree has the first {MOST_LINES:,} of {total:,} spans; the trace in this file has all.")
    if panels < lines:
        said.append(f"{panels:,} of {total:,} spans are shown in full; the trace in this file has all.")
    if refused:
        said.append(f"{units.plural(refused, 'attachment')} too large to be shown here.")
    if packed.left_out:
        size = units.size(packed.left_out_bytes).text
        said.append(f"{units.plural(packed.left_out, 'attachment')} ({size}) were left out of this file.")
    return said
