"""Make the clients' environments and run their tests in them: `python -m tests.clients [NAME...] [--third 0|1|2]`.

An environment is made anew when what it asks for changes. All are tested, whatever fails; the exit code tells of any.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.clients.environments import Environment, environments

ROOT = Path(__file__).parent.parent.parent
HOME = ROOT / ".venvs"
UV = (sys.executable, "-m", "uv", "--quiet")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("names", nargs="*", help="environments or folders (default: all)")
    parser.add_argument("--third", type=int, choices=(0, 1, 2), help="each third environment, from this one on")
    asked = parser.parse_args()
    chosen = [each for each in environments() if not asked.names or {each.name, _folder(each)} & set(asked.names)]
    failed: list[str] = []
    for environment in chosen if asked.third is None else chosen[asked.third :: 3]:
        begun = time.monotonic()
        right = _made(environment) and _tested(environment)
        print(f"{environment.name}: {'passed' if right else 'FAILED'} in {time.monotonic() - begun:.0f} s", flush=True)
        failed += [] if right else [environment.name]
    print(f"{len(chosen)} environments; failed: {', '.join(failed) or 'none'}")
    return 1 if failed or not chosen else 0


def _folder(environment: Environment) -> str:
    return environment.name.rpartition("-")[0]


def _python(environment: Environment) -> str:
    return str(HOME / environment.name / "bin" / "python")


def _made(environment: Environment) -> bool:
    wanted = hashlib.sha256(repr((environment.needs, (ROOT / "pyproject.toml").read_bytes())).encode()).hexdigest()
    stamp = HOME / environment.name / ".made"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return True
    shutil.rmtree(HOME / environment.name, ignore_errors=True)
    install = (*UV, "pip", "install", "--python", _python(environment), "--group", "clients", "-e", ".")
    right = _run(*UV, "venv", "--python", sys.executable, str(HOME / environment.name)) and _run(
        *install, *environment.needs
    )
    if right:
        stamp.write_text(wanted, encoding="utf-8")
    return right


def _tested(environment: Environment) -> bool:
    return _run(_python(environment), "-m", "pytest", "-q", *environment.tests)


def _run(*command: str) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
