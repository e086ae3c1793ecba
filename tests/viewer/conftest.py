"""One running viewer for the tests of its routes, seeded with a day of work."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.support import seeds, viewing


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("viewer")) as running:
        running.add(*seeds.day())
        yield running


@pytest.fixture(scope="module")
def client(served: viewing.Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=20) as client:
        yield client
