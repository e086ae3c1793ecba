"""Attachments in pages: told by their bytes, shown where that is safe, missing where they are; nothing of them runs."""

from __future__ import annotations

import hashlib
import time

import pytest

from tests.support import timed
from tracekit.store.extraction import Reference
from tracekit_viewer.presenters import media

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 90
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt " + b"w" * 90
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def refer(content):
    return Reference(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def blob(content, mime):
    return {"type": "blob", "modality": "image", "mime_type": mime, "content": refer(content).token}


@pytest.mark.parametrize(
    ("head", "kind", "form"),
    [
        (PNG, "image/png", "image"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image"),
        (b"GIF89a", "image/gif", "image"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "image/webp", "image"),
        (WAV, "audio/wav", "audio"),
        (b"ID3\x04", "audio/mpeg", "audio"),
        (b"OggS\x00", "audio/ogg", "audio"),
        (b"%PDF-1.7", "application/pdf", "file"),
        (SVG, media.UNKNOWN_TYPE, "file"),
        (b"<!doctype html>", media.UNKNOWN_TYPE, "file"),
        (b"RIFF", media.UNKNOWN_TYPE, "file"),
        (b"", media.UNKNOWN_TYPE, "file"),
    ],
)
def test_the_type_is_what_the_bytes_say(head, kind, form):
    assert (media.sniffed(head), media.form(media.sniffed(head))) == (kind, form)


@pytest.fixture(scope="module")
def panel(served, client):
    for content in (PNG, WAV, SVG):
        served.attachments.keep({refer(content).sha256: content})
    parts = [
        blob(PNG, "image/png"),
        blob(WAV, "audio/wav"),
        blob(SVG, "image/svg+xml"),
        blob(b"never came", "image/png"),
    ]
    span = timed.llm(
        timed.trace_id(), at=time.time_ns(), ms=5, input_messages=[{"role": "user", "parts": parts}], output_messages=[]
    )
    served.add([span])
    return client.get(f"/traces/{span.trace_id}/spans/{span.span_id}.html").text


def test_a_panel_shows_pictures_and_sound_offers_the_rest_and_says_what_is_missing(panel):
    href = {content: f"/attachments/sha256/{refer(content).sha256}" for content in (PNG, WAV, SVG)}
    assert panel.count("<img ") == panel.count("<audio ") == 1
    assert f'<img src="{href[PNG]}" alt="Attachment: image/png, 98 B"' in panel
    assert f'src="{href[WAV]}"' in panel
    assert panel.count(href[SVG]) == 1  # to save it, and in no other way
    assert panel.count("The bytes of this attachment are not here.") == 1
    assert "tracekit-attachment" not in panel.partition('id="attributes"')[0]


@pytest.mark.parametrize(
    ("content", "kind", "disposition"),
    [(PNG, "image/png", "inline"), (WAV, "audio/wav", "inline"), (SVG, "application/octet-stream", "attachment")],
    ids=["png", "wav", "svg"],
)
def test_a_file_is_served_so_that_nothing_in_it_runs(client, panel, content, kind, disposition):
    answer = client.get(f"/attachments/sha256/{refer(content).sha256}")
    assert (answer.content, answer.headers["content-type"]) == (content, kind)
    assert answer.headers["content-disposition"].startswith(f"{disposition}; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; sandbox;")


def test_what_is_not_there_or_no_name_is_not_found(client):
    assert client.get(f"/attachments/sha256/{'0' * 64}").status_code == 404
    assert "tracekit doctor" in client.get(f"/attachments/sha256/{'0' * 64}").text
    for name in ("..%2f..%2ftraces.duckdb", "0" * 63, "A" * 64):
        assert client.get(f"/attachments/sha256/{name}").status_code == 404
