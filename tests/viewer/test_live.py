"""The stream that says that something was stored."""

from __future__ import annotations

import time

import httpx2

from tests.support import stories, viewing


def versions(stream):
    return (int(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: "))


def test_the_stream_says_the_version_and_then_each_change(tmp_path):
    with viewing.serve(tmp_path) as served, httpx2.stream("GET", f"{served.url}/live", timeout=10) as stream:
        heard = versions(stream)
        assert next(heard) == served.store.version
        served.add(stories.stream_cut(time.time_ns()))
        assert next(heard) == served.store.version


def test_an_open_stream_does_not_keep_the_server_from_stopping(tmp_path):
    with viewing.serve(tmp_path) as served, httpx2.stream("GET", f"{served.url}/live", timeout=10) as stream:
        heard = versions(stream)
        assert next(heard) == served.store.version
        served.server.should_exit = True
        assert list(heard) == []  # one that was cut off would raise
