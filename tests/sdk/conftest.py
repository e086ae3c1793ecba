from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tracekit
from tests.support.recorded import Journaled, journaled


@pytest.fixture
def recorded(data_dir: Path) -> Iterator[Callable[[], Journaled]]:
    """Tracing is on; call it to read what has been journaled."""
    tracekit.autolog(instrument=[])
    yield lambda: journaled(data_dir)
    tracekit.uninstrument()
