"""A trace that is to be sent to somebody: the file, its policy and bounds, and Markdown, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import re

import httpx2
import pytest

from tests.support import pictures, stories, timed, viewing
from tracekit.store.extraction import Reference
from tracekit_viewer.presenters import sharing

AT = 1_800_000_000_000_000_000


@pytest.fixture(scope="module")
def failing(served: viewing.Served) -> str:
    spans = stories.agent(AT, question="Where is order 8841?", answer="It is in Lisbon.", failing=True)
    served.add(spans)
    return spans[0].trace_id


def test_the_file_is_under_its_own_policy_which_lets_its_style_through(client: httpx2.Client, failing: str) -> None:
    answer = client.get(f"/traces/{failing}.html")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    [style] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; media-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    assert policy.removesuffix("; frame-ancestors 'none'").replace("'", "&#39;") in answer.text
    assert "content-disposition" not in answer.headers
    saved = client.get(f"/traces/{failing}.html?download")
    assert saved.headers["content-disposition"] == f'attachment; filename="trace-{failing[:12]}.html"'


def test_what_is_not_there_is_404(client: httpx2.Client) -> None:
    for form in ("html", "md"):
        assert client.get(f"/traces/{'f' * 32}.{form}").status_code == 404


def test_no_content_means_none(client: httpx2.Client, failing: str) -> None:
    for form in ("html", "md"):
        whole, bare = (client.get(f"/traces/{failing}.{form}{flag}").text for flag in ("", "?no-content"))
        assert "Where is order" in whole
        for said in ("Where is order", "Lisbon", "did not answer", "u-17", "s-204"):
            assert said not in bare, (form, said)
        assert "TimeoutError" in bare


def test_markdown_is_plain_text(client: httpx2.Client, failing: str) -> None:
    answer = client.get(f"/traces/{failing}.md")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.startswith("## `invoke_agent support`: Error")


def test_the_page_of_a_trace_offers_them(client: httpx2.Client, failing: str) -> None:
    page = client.get(f"/traces/{failing}").text
    for href in (f"{failing}.html?download", f"{failing}.html?download&amp;no-content", f"{failing}.md"):
        assert f'href="/traces/{href}"' in page


def test_each_attachment_is_in_the_page_once_and_a_large_one_is_named(
    client: httpx2.Client, served: viewing.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = pictures.png(40)
    sha256 = hashlib.sha256(content).hexdigest()
    served.attachments.keep({sha256: content})
    token = Reference(sha256=sha256, size=len(content)).token
    part = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": token}
    trace = timed.trace_id()
    root = timed.span(trace, "root", at=AT, ms=9)
    message = {"role": "user", "parts": [part]}
    calls = [timed.llm(trace, at=AT + n, ms=3, parent=root, input_messages=[message]) for n in range(2)]
    served.add([root, *calls])
    page = client.get(f"/traces/{trace}.html").text
    encoded = base64.b64encode(content).decode()
    assert page.count(f"data:image/png;base64,{encoded}") == 1
    assert page.count(f'href="#a-{sha256[:16]}"') == page.count(f'id="a-{sha256[:16]}"') == 1
    monkeypatch.setattr(sharing, "LARGEST_INLINE", 100)
    page = client.get(f"/traces/{trace}.html").text
    assert encoded not in page
    assert "1 attachment too large to be shown here." in page


def test_a_page_is_bounded_and_says_what_it_does_not_show(
    client: httpx2.Client, served: viewing.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = timed.trace_id()
    root = timed.span(trace, "root", at=AT, ms=9)
    chain = [root]
    for number in range(130):  # deeper than folds go
        chain.append(timed.span(trace, f"below {number}", at=AT + number, ms=1, parent=chain[-1]))
    served.add(chain)
    page = client.get(f"/traces/{trace}.html").text
    assert page.count('class="branch"') == page.count("<details open><summary class=") == 100
    assert page.count('<article class="panel') == 131
    depth = 0
    for tag in re.findall(r"</?details\b", page):
        depth += 1 if tag == "<details" else -1
        assert depth >= 0
    assert depth == 0
    assert page.count("<div") == page.count("</div>")
    monkeypatch.setattr("tracekit_viewer.sharing.MOST_PANELS", 60_000)
    monkeypatch.setattr(sharing, "MOST_LINES", 100)
    few = client.get(f"/traces/{trace}.html").text
    assert "of 131 spans" in few
    assert "the trace in this file has all" in few
    assert few.count('class="line k-') == 100
    assert few.count('<article class="panel') < 100
