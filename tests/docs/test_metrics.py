"""`docs/metrics.md` says of each metric what is so, and its decided cases hold."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.docs.metrics_table import BEGIN, END, PATH, tables, titled
from tracekit.evals.registry import every


def test_the_tables_are_those_of_the_registry() -> None:
    """Where this fails: `python -m tests.docs.metrics_table` writes them anew."""
    written = PATH.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == tables().strip()


def test_there_are_as_many_as_the_page_says() -> None:
    [said] = re.findall(r"^(\d+) metrics", PATH.read_text(encoding="utf-8"), re.MULTILINE)
    assert int(said) == sum(map(len, titled().values())) >= 84


@pytest.mark.parametrize("name", sorted(every()))
def test_a_metric_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    one = every()[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert one.summary.endswith(".")
    assert one.source
    assert one.kind in {"deterministic", "embedding", "judge", "spans"}
    assert one.low is not None or one.high is None
    if one.binary:
        assert (one.low, one.high) == (0.0, 1.0)


def test_listing_them_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom tracekit.evals.registry import every\nevery()\n"
        "heavy = {'scipy', 'sacrebleu', 'rouge_score', 'nltk', 'rapidfuzz', 'jiwer', 'sqlglot', 'jsonschema', 'duckdb',"
        " 'pyarrow', 'yaml', 'httpx2', 'numpy', 'pandas'}\nprint(sorted(heavy & sys.modules.keys()))"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "[]"
