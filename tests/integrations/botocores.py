"""Clients of botocore's, of a server on this machine."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config


@cache
def _session() -> botocore.session.Session:
    """One for all clients: it reads megabytes of services' descriptions once."""
    session = botocore.session.Session()
    session.set_credentials("none", "none")
    return session


def client(url: str, service: str) -> Any:
    """A client with keys that are worth nothing, which tries once."""
    once = Config(retries={"max_attempts": 0}, read_timeout=60, connect_timeout=60, parameter_validation=False)
    return _session().create_client(service, region_name="us-east-1", endpoint_url=url, config=once)
