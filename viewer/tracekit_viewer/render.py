"""Templates to answers: one Jinja environment in which everything is escaped and nothing undefined passes.

Foreign text goes through the filters `visible` or `folded`; the environment knows no filter that marks text
as safe without one of them. A failure is a page too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tracekit_viewer import assets, responses, text
from tracekit_viewer.assets import Assets
from tracekit_viewer.presenters.address import session_address

_LONGEST, _LONGEST_TITLE = 10_000, 2_000
"""Characters of a name, a message, a label; and of one that is the title of something."""
_PAUSE = 0.01
"""Seconds between two templates that are made ready."""
_FIRST = ("base.html", "macros.html", "cells.html", "traces.html")
"""The templates that the first page cannot do without."""
_TITLES = {
    400: "That cannot be asked",
    404: "Nothing here",
    405: "Not that way",
    414: "Too long for an address",
    503: "The store is busy",
}


@dataclass(slots=True, frozen=True, kw_only=True)
class Renderer:
    """Templates and the files they refer to."""

    assets: Assets
    templates: Environment

    @staticmethod
    @cache
    def load() -> Renderer:
        """The package's templates and static files, read once in a process."""
        files = assets.load()
        return Renderer(assets=files, templates=_environment(files))

    def compile(self) -> None:
        """Make all templates ready, those of the first page first: else the first page of each kind waits for them.

        It takes its time, so that whoever asks meanwhile is answered hardly later than without it.
        """
        names = self.templates.list_templates(extensions=["html"])
        for name in sorted(names, key=lambda name: name not in _FIRST):
            self.templates.get_template(name)
            time.sleep(_PAUSE)

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
        """Render a template as the answer."""
        made = self.templates.get_template(template).render(imported=self.assets.imported, **context)
        return responses.html(request, made, status=status)

    def failure(self, request: Request, *, status: int, message: str) -> Response:
        """The error page, or the same words as JSON where JSON was asked for."""
        if request.url.path.endswith(".json"):
            return responses.data(request, {"error": message}, status=status)
        title = _TITLES.get(status, "That did not work")
        return self.page(request, "error.html", status=status, title=title, code=status, message=message)


def _environment(files: Assets) -> Environment:
    env = Environment(
        loader=PackageLoader("tracekit_viewer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(asset=files.url, visible=_visible, plain=_plain, folded=text.folded, commas=_commas)
    env.filters.update(session_address=session_address)
    return env


def _visible(value: Any) -> Markup:
    head, more = _cut(value, _LONGEST)
    return text.visible(head) + Markup('<span class="note">{}</span>').format(more) if more else text.visible(head)


def _plain(value: Any) -> str:
    """The same words for titles and labels, which hold no markup."""
    head, more = _cut(value, _LONGEST_TITLE)
    return text.visible(head).striptags() + more


def _cut(value: Any, most: int) -> tuple[str, str]:
    """The beginning of what should be a few words, and how much more there is; bodies of text are `folded` instead."""
    said = str(value)
    return said[:most], f" … {len(said) - most:,} more characters" if len(said) > most else ""


def _commas(number: int) -> str:
    return f"{number:,}"
