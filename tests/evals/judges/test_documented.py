from __future__ import annotations

import re

from tests.docs import markdown
from tests.evals.judges.test_broken import METRICS
from tracekit.evals.judges.configured import PROVIDERS
from tracekit.evals.score import Status

PAGE = markdown.ROOT / "docs" / "judges.md"


def test_every_metric_says_what_it_asks() -> None:
    section = markdown.sections(PAGE)["What is asked, and what must be answered"]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(m.name for m in METRICS)


def test_every_status_of_a_judge_is_told() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", markdown.sections(PAGE)["How a reply is read"], re.MULTILINE))
    others = {Status.OK, Status.MISSING, Status.INVALID, Status.APP_ERROR, Status.ERROR}
    assert told == {str(status) for status in Status} - {str(status) for status in others}


def test_every_provider_is_told() -> None:
    assert ", ".join(sorted(PROVIDERS)) in PAGE.read_text(encoding="utf-8")
