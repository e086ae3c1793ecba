"""Found by an interpreter that `tracekit run` starts: sets tracing up before the first line, then steps aside.

The interpreter looks for this module name by itself. The program's own `sitecustomize`, which this one hides, runs
after it; where there is none, the error that says so is what the interpreter expects. An interpreter of another
environment, where there is no tracekit, runs as it is.
"""

import sys

_before = set(sys.modules)

import importlib.util  # noqa: E402 - what is loaded from here on is of our doing
from pathlib import Path  # noqa: E402 - as above

_here = str(Path(__file__).parent)
sys.path[:] = [entry for entry in sys.path if entry != _here]


def _start() -> None:
    from tracekit.sdk import guard  # noqa: PLC0415 - the path must be cleared first

    with guard.guarded("autolog"):
        from tracekit.sdk.setup import autolog  # noqa: PLC0415

        autolog()
    with guard.guarded("run"):
        from tracekit.sdk.shadows import give_way  # noqa: PLC0415

        give_way(_before)


if importlib.util.find_spec("tracekit") is not None:
    _start()
del sys.modules["sitecustomize"]
importlib.import_module("sitecustomize")
