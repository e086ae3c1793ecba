"""A PostgreSQL of the tests' own, with pgvector's type and operators."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

HERE = Path(__file__).parent
USER = "postgres"
"""Whom the server runs as where the tests run as root, which it refuses."""


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.environ["PATH"].split(os.pathsep))]
    found = shutil.which(name, path=os.pathsep.join(map(str, reversed(places))))
    if found is None:
        pytest.fail(f"no PostgreSQL here: {name} is not installed; on Debian `apt-get install postgresql` brings it")
    return found


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a table of two documents."""
    folder = tmp_path_factory.mktemp("postgres")
    data, user = folder / "data", USER if os.geteuid() == 0 else None
    if user is not None:
        for place in (folder, *folder.parents[:2]):
            place.chmod(place.stat().st_mode | 0o011)
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = (program("initdb"), "-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync")
    subprocess.run(made, user=user, check=True, capture_output=True, cwd=folder)
    options = f"-p {port} -h 127.0.0.1 -k '' -c fsync=off -c shared_buffers=16MB"
    control = (program("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"))
    subprocess.run((*control, "-o", options, "start"), user=user, check=True, capture_output=True, cwd=folder)
    try:
        address = f"postgresql://test@127.0.0.1:{port}/postgres"
        fill(address)
        yield address
    finally:
        subprocess.run((*control, "-m", "immediate", "stop"), user=user, check=False, capture_output=True, cwd=folder)


def fill(address: str) -> None:
    with contextlib.closing(psycopg.connect(address, autocommit=True)) as connection:
        known = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'").fetchone()
        connection.execute("CREATE EXTENSION vector" if known else (HERE / "vector.sql").read_bytes())
        connection.execute("CREATE TABLE docs (id text, text text, kind int, embedding vector)")
        connection.execute("INSERT INTO docs VALUES ('a', 'one fish', 1, '[1,0,0]'), ('b', 'two fish', 2, '[0,1,0]')")
