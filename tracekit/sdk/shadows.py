"""Modules that the program hides with its own: a `secrets.py` beside the script is what the script must get.

Under `tracekit run`, tracing is loaded before the interpreter puts the program's folder on the path, and so are the
modules it needs. Those that the program has files for give way: we keep what we hold, the program imports its own.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Collection
from importlib.machinery import PathFinder
from pathlib import Path


def give_way(before: Collection[str]) -> None:
    """Forget the modules loaded since `before` (names of modules) that the program's folder has a file for."""
    if sys.flags.safe_path:
        return  # the folder will not be on the path
    folder = str(_folder())
    loaded = sys.modules.keys() - set(before)
    for top in {name.partition(".")[0] for name in loaded} - set(sys.builtin_module_names):
        if _hides(folder, top):
            for name in loaded:
                if name == top or name.startswith(f"{top}."):
                    del sys.modules[name]


def _folder() -> Path:
    """What will be the first entry of the path: the script's folder, or the script where it is one or is an archive."""
    script = sys.argv[0]
    if script in ("", "-", "-c", "-m"):
        return Path.cwd()
    place = Path(script).resolve()
    return place if pkgutil.get_importer(str(place)) is not None else place.parent


def _hides(folder: str, top: str) -> bool:
    found = PathFinder.find_spec(top, [folder])
    if found is None or not found.has_location:  # a folder without `__init__.py` hides nothing
        return False
    return found.origin != getattr(sys.modules.get(top), "__file__", None)
