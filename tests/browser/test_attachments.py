"""A picture in a message, in Chromium: drawn, within its column, and asked of nobody else."""

from __future__ import annotations

import hashlib
import time

import pytest
from playwright.sync_api import expect

from tests.support import pictures, timed
from tracekit.store.extraction import Reference

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (320, "dark")])
def test_a_picture_is_drawn_and_html_is_only_for_saving(visit, served, width, scheme):
    picture, hostile = pictures.png(400), b"<script>window.pwned = 1</script>" * 200
    parts = []
    for content in (picture, hostile):
        sha256 = hashlib.sha256(content).hexdigest()
        served.attachments.keep({sha256: content})
        token = Reference(sha256=sha256, size=len(content)).token
        parts.append({"type": "blob", "modality": "image", "mime_type": "image/png", "content": token})
    span = timed.llm(timed.trace_id(), at=time.time_ns(), ms=5, input_messages=[{"role": "user", "parts": parts}])
    served.add([span])
    page = visit(width=width, scheme=scheme).go(f"/traces/{span.trace_id}")
    picture_shown = page.locator("figure.attached img")
    picture_shown.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('figure.attached img').naturalWidth === 400")
    assert picture_shown.count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as saved:
        page.locator("figure.attached a[download]").last.click()
    assert saved.value.path().read_bytes() == hostile
    assert page.evaluate("window.pwned") is None


def test_a_twin_is_folded_until_it_is_asked_for(visit, served):
    trace = timed.trace_id()
    call = timed.llm(trace, at=time.time_ns(), ms=5, response_id="r-1", counted=True)
    twin = timed.llm(trace, at=call.start_ns + 10_000, ms=4, parent=call, response_id="r-1", counted=True)
    served.add([call, twin])
    page = visit().go(f"/traces/{trace}")
    rows = page.locator(".rows .line")
    expect(rows).to_have_count(1)
    page.locator("[data-twist]").click()
    expect(rows).to_have_count(2)
    page.goto(page.url.partition("?")[0] + f"?span={twin.span_id}")
    page.wait_for_selector(".twin-note")
    expect(rows).to_have_count(2)
