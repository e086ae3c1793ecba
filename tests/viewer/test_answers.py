"""What holds of every answer of the viewer: headers, compression, errors, many readers at once."""

from __future__ import annotations

import re
import threading

import httpx2
import pytest

from tests.viewer.asking import page
from tracekit_viewer import responses


def test_every_answer_carries_the_policy(client):
    trace = client.get("/traces.json").json()["traces"][0]["trace_id"]
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page(client, "/")).group(1)
    paths = [
        "/",
        "/traces",
        "/traces.json",
        f"/traces/{trace}",
        f"/traces/{trace}.json",
        "/traces/none",
        "/traces?limit=x",
        stylesheet,
        "/static/x/none.js",
    ]
    for path in paths:
        headers = client.get(path).headers
        assert headers["content-security-policy"] == responses.POLICY, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert "unsafe" not in responses.POLICY


def test_static_files_are_for_ever_under_their_digest_only(client):
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page(client, "/")).group(1)
    assert client.get(stylesheet).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/outdated/viewer.css").headers["cache-control"] == "no-store"
    assert client.get("/static/x/..%2fapp.py").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/traces/0000", 404, "No trace &#39;0000&#39; is stored here"),
        ("/traces?cursor=junk", 400, "none of tracekit"),
        ("/traces?limit=0", 400, "from 1 to 500"),
        ("/traces?limit=many", 400, "limit=&#39;many&#39;"),
        ("/nowhere", 404, "There is no page at /nowhere"),
    ],
)
def test_what_cannot_be_shown_says_why(client, path, status, said):
    answer = client.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_errors_of_a_twin_are_json_and_of_other_programs_plain(client):
    assert client.get("/traces/0000.json").json() == {
        "error": "No trace '0000' is stored here. It may live in another data directory."
    }
    trace = client.get("/traces.json").json()["traces"][0]["trace_id"]
    assert client.get(f"/traces/{trace}/spans/none.json").status_code == 404
    plain = client.get("/nowhere", headers={"accept": "*/*"})
    assert (plain.text, plain.headers["content-type"]) == (
        "There is no page at /nowhere.",
        "text/plain; charset=utf-8",
    )


def test_pages_are_compressed_only_for_those_who_ask(client, served):
    with httpx2.Client(base_url=served.url, headers={"accept-encoding": "identity"}) as plain:
        assert "content-encoding" not in plain.get("/").headers
    assert client.get("/").headers["content-encoding"] == "gzip"


def test_questions_from_many_readers_at_once(client, served):
    statuses = []

    def read():
        statuses.extend(
            httpx2.get(f"{served.url}{path}").status_code for path in ("/", "/traces?text=order", "/traces.json")
        )

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 18
