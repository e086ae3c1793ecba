"""The command as a process of its own (see `forks`), and a `tracekit up` for as long as a test needs it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support import forks

PROGRAM = (sys.executable, "-m", "tracekit")


def tracekit(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return forks.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextlib.contextmanager
def up(*arguments: str, cwd: Path, **environment: str) -> Iterator[tuple[str, forks.Started]]:
    """`tracekit up --port 0` that answers: its URL and process. Ended at the end, where it still runs.

    It answers OTLP/gRPC where an argument gives a port for it: several at once would fight for the usual one.
    """
    grpc = () if "--grpc-port" in arguments else ("--no-grpc",)
    command = [*PROGRAM, "up", "--port", "0", "--no-browser", *grpc, *arguments]
    process = forks.start(
        command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            assert re.fullmatch(r"http://\S+\n", line), (line, process.stderr.read() if not line else "")
            yield line.strip(), process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=20)
