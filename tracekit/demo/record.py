"""Recording the demo: runs the session as a program of its own, against a model server in this process.

The child sees the user's environment less what would change what is recorded, or send it anywhere: its journal is the
demo's, its model the demo's, and it looks for no settings file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tracekit import config
from tracekit._version import __version__
from tracekit.demo.server import ModelServer
from tracekit.errors import TracekitError

PROJECT = "lakeside-cycles"
SERVICE = "travel-desk"
SESSION = "tracekit.demo.session"
MARK = "demo.json"
"""Written in the data directory when the session has been recorded there, whole."""


def recorded(directory: Path) -> bool:
    """Whether this version's session has been recorded here."""
    try:
        return json.loads((directory / MARK).read_text(encoding="utf-8")) == _mark()
    except (OSError, ValueError):  # not there, or not a mark: then it is to be recorded
        return False


def record(directory: Path, *, pace: float = 1.0) -> None:
    """Run the session once and journal it in `directory`.

    Args:
        directory: the data directory; made, for this user alone, when it is not there.
        pace: multiplies the model's waits; 0 answers at once.

    Raises:
        TracekitError: the session failed; what it said is on stderr.
    """
    for folder in (directory.parent, directory):  # a parent that mkdir makes by itself would be open to others
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ModelServer(pace=pace) as server:
        done = subprocess.run(  # noqa: S603 - our own module, run by our own interpreter
            [sys.executable, "-m", "tracekit", "run", "-m", SESSION],
            env=config.child_environment(_environment(directory, server.url)),
            cwd=directory.anchor,  # no settings file is found from there
            check=False,
            stdout=sys.stderr,
        )
    if done.returncode != 0:
        raise TracekitError(f"the demo's session ended with exit code {done.returncode}; what it said is above.")
    (directory / MARK).write_text(json.dumps(_mark()), encoding="utf-8")


def _mark() -> dict[str, str]:
    return {"session": __version__}


def _environment(directory: Path, model: str) -> dict[str, str]:
    """What the session's program sees; an empty value counts as none."""
    return {
        "OPENAI_BASE_URL": model,
        "OPENAI_API_KEY": "none-needed",
        "NO_PROXY": "127.0.0.1",
        "TRACEKIT_DIR": str(directory),
        "TRACEKIT_PROJECT": PROJECT,
        "TRACEKIT_CAPTURE_CONTENT": "true",
        "TRACEKIT_OVERHEAD_BUDGET": "60000",  # a busy machine is no reason to leave content out
        "TRACEKIT_INSTRUMENT": "openai",
        "TRACEKIT_EXCLUDE": "",
        "TRACEKIT_ENDPOINT": "",
        config.CONTENT_ENV: "",
        "OTEL_SERVICE_NAME": SERVICE,
        "OTEL_RESOURCE_ATTRIBUTES": "",
        "OTEL_SDK_DISABLED": "",
        "OTEL_TRACES_SAMPLER": "always_on",
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "",
    }
