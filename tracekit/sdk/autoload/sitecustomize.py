"""Found by an interpreter that `tracekit run` starts: sets tracing up before the first line, then steps aside.

The interpreter looks for this module name by itself. The program's own `sitecustomize`, which this one hides, runs
after it.
"""

import importlib
import sys
from pathlib import Path

_here = str(Path(__file__).parent)
sys.path[:] = [entry for entry in sys.path if entry != _here]


def _start() -> None:
    from tracekit.sdk import guard  # noqa: PLC0415 - the path must be cleared first

    with guard.guarded("autolog"):
        from tracekit.sdk.setup import autolog  # noqa: PLC0415

        autolog()


_start()
_own = sys.modules.pop("sitecustomize")
try:
    importlib.import_module("sitecustomize")
except ModuleNotFoundError as _error:
    if _error.name != "sitecustomize":
        raise
    sys.modules["sitecustomize"] = _own
