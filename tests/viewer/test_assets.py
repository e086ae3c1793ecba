"""What a page enters by, and what it asks for ahead."""

from __future__ import annotations

import re

import httpx2
import pytest

from tracekit_viewer import assets
from tracekit_viewer.render import Renderer

STATIC = assets.load()
MODULES = {
    name: file.body.decode() for name, file in STATIC.files.items() if name.endswith(".js") and name != "theme.js"
}
ENTRIES = {
    "/traces": "traces.js",
    "/sql": "query.js",
    "/review": "review.js",
    "/status": "main.js",
    "/overview": "main.js",
}
LATER = re.compile(r'import\("\./(\w+\.js)"\)')


def mentioned(module: str) -> set[str]:
    """Other modules that a module names in any way but to be fetched later."""
    return set(re.findall(r'"\./(\w+\.js)"', LATER.sub("", MODULES[module])))


def reached(entry: str) -> set[str]:
    below = mentioned(entry)
    while more := {name for each in below for name in mentioned(each)} - below:
        below |= more
    return below


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_imports_is_all_that_it_mentions(module: str) -> None:
    assert set(STATIC.imported(module)) == reached(module)


def test_every_module_is_of_some_page() -> None:
    entries = {*ENTRIES.values(), "trace.js"}
    of_pages = entries | {name for entry in entries for name in reached(entry)}
    assert of_pages | {name for each in of_pages for name in LATER.findall(MODULES[each])} == MODULES.keys()


def test_modules_that_import_each_other_are_named_once() -> None:
    def file(body: bytes) -> assets.Asset:
        return assets.Asset(body=body, compressed=b"", media_type="text/javascript")

    one, other = file(b'import { b } from "./b.js";\n'), file(b'import { a } from "./a.js";\n')
    assert assets.Assets(digest="d", files={"a.js": one, "b.js": other}).imported("a.js") == ["b.js", "a.js"]


@pytest.mark.parametrize(("path", "entry"), ENTRIES.items())
def test_a_page_asks_at_once_for_all_that_its_entry_imports(client: httpx2.Client, path: str, entry: str) -> None:
    head = client.get(path, follow_redirects=True).text.partition("</head>")[0]
    assert re.findall(r'<script type="module" src="[^"]+/([^"/]+)"', head) == [entry]
    assert re.findall(r'<link rel="modulepreload" href="[^"]+/([^"/]+)"', head) == STATIC.imported(entry)


def test_no_page_waits_for_its_templates_once_they_are_ready() -> None:
    renderer = Renderer.load()
    renderer.compile()
    ready = renderer.templates.cache
    assert ready is not None
    assert {name for _, name in ready.keys()} >= set(renderer.templates.list_templates(extensions=["html"]))  # noqa: SIM118
