"""Public names of the package mean functions and classes, whatever was imported first; importing loads nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tracekit import evals

HEAVY = ("duckdb", "pyarrow", "scipy", "numpy", "pydantic", "opentelemetry.sdk", "sacrebleu", "rich")


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", ["suite", "metric", "evaluate", "compare"])
@pytest.mark.parametrize("first", ["pass", "import tracekit.evals.{}", "from tracekit.evals.{} import __name__"])
def test_a_name_is_the_function_also_where_its_module_was_imported_first(name: str, first: str) -> None:
    assert (
        python(f"{first.format(name)}\nfrom tracekit.evals import {name}\nprint(type({name}).__name__)") == "function"
    )


def test_every_public_name_is_there() -> None:
    assert evals.__all__ == sorted(evals.__all__)
    assert all(getattr(evals, name) is not None for name in evals.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        getattr(evals, "nothing")  # noqa: B009 - as a program would


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import tracekit.evals, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert python(code) == "[]"
