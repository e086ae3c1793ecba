from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import markdown

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def leads_to(page: Path, target: str) -> Path:
    """The file or folder that a link of a page leads to: the page itself, of a heading alone."""
    file = target.partition("#")[0]
    return (page.parent / file).resolve() if file else page


@pytest.mark.parametrize("path", markdown.FILES, ids=markdown.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(markdown.without_blocks(path)):
        if target.startswith(("https://", "http://")):
            continue
        other, fragment = leads_to(path, target), target.partition("#")[2]
        assert other.exists(), f"{markdown.name(path)}: {target} is not there"
        if fragment:
            assert fragment in markdown.anchors(other), f"{markdown.name(path)}: {target} has no such heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [markdown.ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for target in _LINK.findall(markdown.without_blocks(page)):
            if not target.startswith("http"):
                other = leads_to(page, target)
                waiting.append(other / "README.md" if other.is_dir() else other)
    assert set(markdown.FILES) <= reached
