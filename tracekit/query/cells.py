"""Where something that is to be shown goes: a notebook's cell, a prompt, or stdout of a program.

IPython is asked only where the program has loaded it already.
"""

from __future__ import annotations

import sys
from typing import Any, TypeVar


class Shown:
    """What shows itself in a notebook by `_repr_html_`, and once only in a cell that has called `show` of it."""

    shown_in: int | None = None
    """The cell in which it was shown, by the number of its execution."""

    def _ipython_display_(self) -> None:
        """What IPython calls for `display` and for a cell's result."""
        shell = _shell()
        if shell is None or shell.execution_count != self.shown_in:
            _display(self)


T = TypeVar("T", bound=Shown)


def show(value: T) -> T:
    """Show it, and give it back.

    At a prompt without IPython nothing is printed here: the prompt prints what it is given.
    """
    shell = _shell()
    if shell is not None:
        _display(value)
        value.shown_in = shell.execution_count
    elif not hasattr(sys, "ps1"):
        print(repr(value))  # noqa: T201 - showing is what was asked for
    return value


def _shell() -> Any:
    """The running IPython; None where there is none."""
    loaded: Any = sys.modules.get("IPython")
    return None if loaded is None else loaded.get_ipython()


def _display(value: Any) -> None:
    display: Any = sys.modules["IPython"].display.display
    display({"text/plain": repr(value), "text/html": value._repr_html_()}, raw=True)
