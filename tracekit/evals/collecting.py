"""Finding suites: files and folders in, suites out, each with a name of its own."""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from tracekit.errors import UsageError
from tracekit.evals.suite import Suite

DEFAULT = "evals"
"""The folder that is looked through where none is named."""
_MARK = b"tracekit"
_PASSED_OVER = frozenset({"__pycache__", "node_modules", "site-packages"})


def collect(words: Sequence[str], *, filter: str | None = None) -> list[Suite]:  # noqa: A002 - what a person calls it
    """The suites that words name, in the order of the files.

    Args:
        words: files, folders (looked through whole), or `file.py::suite`; none for the folder `evals`.
        filter: text that the suite's name contains, in any case.

    Raises:
        UsageError: a path is not there, a file cannot be imported, no suite is found, or two have one name.
    """
    found: dict[str, Suite] = {}
    for path, name in _files(words or _default()):
        for suite in suites_of(load(path)):
            if name is not None and suite.name != name:
                continue
            held = found.get(suite.name)
            if held is not None and held.path != suite.path:
                raise UsageError(
                    f"{held.path} and {suite.path} both have a suite {suite.name!r}; a baseline goes by the name: "
                    'give one another, @suite(..., name="...").'
                )
            found[suite.name] = suite
    chosen = [suite for suite in found.values() if filter is None or filter.lower() in suite.name.lower()]
    if not chosen:
        where = ", ".join(words) or DEFAULT
        raise UsageError(
            f"no suite in {where}"
            + (f" has {filter!r} in its name; there are {', '.join(found)}." if found and filter else ".")
            + " A suite is a function under @suite(...) of tracekit.evals."
        )
    return chosen


def suites_of(module: ModuleType) -> Iterator[Suite]:
    """The suites that a module defines itself, in its order."""
    file = Path(module.__file__ or "").resolve()
    seen: set[int] = set()
    for value in list(vars(module).values()):
        if isinstance(value, Suite) and value.path == file and id(value) not in seen:
            seen.add(id(value))
            yield value


def load(path: Path) -> ModuleType:
    """Import a file of suites, with its folder and the working directory to import from.

    Raises:
        UsageError: it raises; says what, and where.
    """
    file = path.resolve()
    for folder in (str(Path.cwd()), str(file.parent)):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    name = file.stem
    held = sys.modules.get(name)
    if held is not None and Path(getattr(held, "__file__", None) or "").resolve() == file:
        return held
    if held is not None or _found_elsewhere(name, file):
        name = f"tracekit_suites_{abs(hash(str(file))):x}_{file.stem}"  # beside another module of that name
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except UsageError as error:
        sys.modules.pop(name, None)
        raise UsageError(f"{path}: {error}") from error
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error} ({_place(error)}).") from error
    return module


def _found_elsewhere(name: str, file: Path) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and Path(spec.origin or "").resolve() != file


def _place(error: BaseException) -> str:
    """Where an error was raised: the last line that is not of the import system."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if not one.filename.startswith("<frozen")]
    if isinstance(error, SyntaxError) and error.filename:
        return f"{os.path.basename(error.filename)}, line {error.lineno}"  # noqa: PTH119 - text, not always a path
    return f"{os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else "no line is known"  # noqa: PTH119


def _default() -> Sequence[str]:
    if not Path(DEFAULT).is_dir():
        raise UsageError(f"no suite is named, and there is no folder {DEFAULT!r} here: tracekit eval evals/rag.py")
    return [DEFAULT]


def _files(words: Iterable[str]) -> Iterator[tuple[Path, str | None]]:
    """The files to be imported, each with the one suite that is wanted of it, if only one is."""
    for word in words:
        text, _, name = word.partition("::")
        path = Path(text).expanduser()
        if path.is_dir():
            for file in sorted(path.rglob("*.py")):
                hidden = any(part.startswith(".") or part in _PASSED_OVER for part in file.relative_to(path).parts)
                if not hidden and _MARK in file.read_bytes():
                    yield file, None
        elif path.is_file():
            yield path, name or None
        else:
            raise UsageError(f"{path} is not there; name a file with suites, or a folder of such files.")
