"""A forked program is, to whoever started it, what one in a new interpreter is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import forks

SHOWN = """
import atexit, os, sys, threading, time
print(sys.argv[1:], __name__, os.getcwd(), os.environ["SAID"], sys.stdin.read(), sys.path[0])
print("beside", file=sys.stderr)
atexit.register(print, "at the end")
threading.Thread(target=lambda: (time.sleep(0.05), print("in a thread"))).start()
"""


@pytest.fixture(params=[True, False], ids=["forked", "new"])
def surroundings(request: pytest.FixtureRequest) -> dict[str, str]:
    return {**os.environ, "SAID": "said", **({} if request.param else {forks.NEW: "1"})}


@pytest.mark.parametrize("how", ["code", "script", "module"])
def test_it_has_its_own_everything(tmp_path: Path, surroundings: dict[str, str], how: str) -> None:
    (tmp_path / "shown.py").write_text(SHOWN)
    words = {"code": ["-c", SHOWN], "script": ["shown.py"], "module": ["-m", "shown"]}[how]
    ran = forks.run(
        [sys.executable, *words, "a", "b"],
        cwd=tmp_path,
        env=surroundings,
        input="read",
        capture_output=True,
        text=True,
        timeout=60,
    )
    path = "" if how == "code" else tmp_path
    shown = f"['a', 'b'] __main__ {tmp_path} said read {path}\nin a thread\nat the end\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, shown, "beside\n")


@pytest.mark.parametrize(
    ("code", "ends", "says"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("import sys; sys.exit('no')", 1, "no\n"),
        ("def f():\n  1 / 0\nf()", 1, "in f\n"),
        ("import os; os._exit(4)", 4, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("raise KeyboardInterrupt", -signal.SIGINT, "KeyboardInterrupt\n"),
    ],
)
def test_its_end_is_told(surroundings: dict[str, str], code: str, ends: int, says: str) -> None:
    ran = forks.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, says in ran.stderr) == (ends, True)
    if ends:
        with pytest.raises(subprocess.CalledProcessError):
            forks.run([sys.executable, "-c", code], env=surroundings, capture_output=True, check=True)


def test_it_is_sent_signals_and_waited_for(surroundings: dict[str, str]) -> None:
    code = "import time; print('ready', flush=True); time.sleep(60)"
    with forks.start([sys.executable, "-c", code], env=surroundings, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT
        assert process.communicate() == ("", None)


def test_what_is_read_early_gets_a_new_interpreter() -> None:
    here = sys.flags.utf8_mode
    asked = ["-c", "import sys; print('tracekit.store' in sys.modules, sys.flags.utf8_mode)"]

    def said(*flags: str, **settings: str) -> str:
        env = {**os.environ, **settings}
        return forks.run([sys.executable, *flags, *asked], env=env, capture_output=True, text=True).stdout

    assert said(**{forks.NEW: ""}) == f"{sys.platform == 'linux'} {here}\n"
    assert said(PYTHONUTF8=str(1 - here)) == f"False {1 - here}\n"
    assert said("-B") == f"False {here}\n"
