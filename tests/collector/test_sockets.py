"""Binding, and naming who is in the way."""

from __future__ import annotations

import os

import pytest

from tracekit.collector.sockets import bind, is_loopback
from tracekit.errors import UsageError


def test_zero_picks_a_port_and_a_taken_one_names_its_holder() -> None:
    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert port
        with pytest.raises(
            UsageError, match=rf"port {port} on 127.0.0.1 is taken by process {os.getpid()} \(.*python.*--port"
        ):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"), [("no.such.host.invalid", 0), ("203.0.113.7", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1)]
)
def test_an_address_that_cannot_be_is_a_sentence(host: str, port: int) -> None:
    with pytest.raises(UsageError, match=r"--host|--port"):
        bind(host, port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.4", "localhost.example", ""])
def test_what_others_can_reach_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
