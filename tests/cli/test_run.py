from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from tests.support.recorded import journaled

TRACEKIT = [sys.executable, "-m", "tracekit"]

SCRIPT = """
import sys, os
from opentelemetry import trace
print(sys.argv, __name__, sys.path[0], os.environ.get("PYTHONPATH") is None or "?")
with trace.get_tracer("app").start_as_current_span("work"):
    pass
sys.stderr.write("to stderr\\n")
sys.exit(int(sys.argv[1]))
"""


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("code", [0, 3])
def test_output_and_exit_code_are_the_programs_own(tmp_path: Path, data_dir: Path, code: int):
    script = tmp_path / "app.py"
    script.write_text(SCRIPT.replace(', os.environ.get("PYTHONPATH") is None or "?"', ""))
    plain = run(sys.executable, str(script), str(code), "--flag")
    traced = run(*TRACEKIT, "run", str(script), str(code), "--flag")
    assert (traced.returncode, traced.stdout, traced.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert traced.returncode == code
    assert journaled(data_dir).names == ["work"]


def test_a_module_runs_as_python_would_run_it(tmp_path: Path, data_dir: Path):
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__main__.py").write_text(
        "import sys\nfrom opentelemetry import trace\n"
        "trace.get_tracer('a').start_span('main').end()\nprint(sys.argv[1:], __package__)"
    )
    traced = run(*TRACEKIT, "run", "-m", "shop", "--x", "1", cwd=tmp_path)
    assert traced.stdout == "['--x', '1'] shop\n"
    assert journaled(data_dir).one("main").resource["service.name"] == "shop"


def test_an_uncaught_exception_prints_the_same_traceback(tmp_path: Path):
    script = tmp_path / "app.py"
    script.write_text("def f():\n    raise KeyError('x')\nf()\n")
    plain, traced = run(sys.executable, str(script)), run(*TRACEKIT, "run", str(script))
    assert (traced.returncode, traced.stderr) == (plain.returncode, plain.stderr) == (1, plain.stderr)


def test_a_missing_script_is_pythons_own_error():
    traced = run(*TRACEKIT, "run", "nowhere.py")
    assert traced.returncode == 2
    assert "nowhere.py" in traced.stderr


def test_the_programs_own_sitecustomize_still_runs(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.MARK = 'theirs'")
    (tmp_path / "app.py").write_text("print(MARK)")
    done = subprocess.run(
        [*TRACEKIT, "run", str(tmp_path / "app.py")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
    )
    assert (done.stdout, done.stderr) == ("theirs\n", "")


def test_flags_before_the_program_are_ours(tmp_path: Path):
    (tmp_path / "app.py").write_text(
        "from opentelemetry import trace\nimport tracekit\nwith tracekit.span('x', input='private'): pass"
    )
    traced = run(
        *TRACEKIT, "run", "--dir", str(tmp_path / "d"), "--project", "p", "--no-content", str(tmp_path / "app.py")
    )
    assert traced.stderr == ""
    span = journaled(tmp_path / "d").one("x")
    assert span.resource["tracekit.project"] == "p"
    assert span.attributes == {}


def test_no_program_and_unknown_flags_are_usage_errors():
    for words in (["run"], ["run", "--nonsense", "app.py"], ["nonsense"], []):
        done = run(*TRACEKIT, *words)
        assert done.returncode == 2, words
        assert done.stdout == ""


def test_signals_and_kills_reach_the_program(tmp_path: Path, data_dir: Path):
    script = tmp_path / "app.py"
    script.write_text(
        "import tracekit, time\n"
        "for n in range(20):\n    with tracekit.span(f's{n}'): pass\n"
        "with tracekit.span('open', input='what was asked'):\n    print('ready', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([*TRACEKIT, "run", str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    time.sleep(0.05)
    seen = journaled(data_dir)
    assert seen.names == [f"s{n}" for n in range(20)]
    assert [span.attributes for span in seen.started if span.name == "open"] == [{"tracekit.input": "what was asked"}]


def test_a_module_beside_the_script_is_the_one_that_it_imports(tmp_path: Path, data_dir: Path):
    own = ("secrets", "tracekit", "typing_extensions", "sitecustomize")
    for name in own:
        (tmp_path / f"{name}.py").write_text("OWN = True\n")
    (tmp_path / "opentelemetry").mkdir()  # a folder without __init__.py hides no installed package
    script = tmp_path / "app.py"
    script.write_text(
        "import sys\nprint('sitecustomize' in sys.modules)\n"
        + "".join(f"import {name}\nprint({name}.OWN)\n" for name in own)
        + "from opentelemetry import trace\ntrace.get_tracer('app').start_span('work').end()\n"
    )
    traced = run(*TRACEKIT, "run", str(script), cwd=tmp_path.parent)
    assert (traced.stdout, traced.stderr) == ("False\nTrue\nTrue\nTrue\nTrue\n", "")
    assert journaled(data_dir).names == ["work"]


def test_a_child_in_an_environment_without_tracekit_runs_as_it_is(tmp_path: Path):
    venv.create(tmp_path / "other")
    script = tmp_path / "app.py"
    script.write_text(
        "import os, subprocess, sys\nwith_us = os.environ['PYTHONPATH'].split(os.pathsep)[0]\n"
        "subprocess.run([sys.argv[1], '-c', 'print(1)'], env={**os.environ, 'PYTHONPATH': with_us}, check=True)\n"
    )
    traced = run(*TRACEKIT, "run", str(script), str(tmp_path / "other" / "bin" / "python"))
    assert (traced.returncode, traced.stdout, traced.stderr) == (0, "1\n", "")


def test_a_program_whose_stderr_is_gone_is_not_told_and_not_hurt(tmp_path: Path):
    (tmp_path / "file").write_text("no directory")
    script = tmp_path / "app.py"
    for gone in ("sys.stderr.close()", "sys.stderr = None", "os.close(2)"):
        script.write_text(
            f"import os, sys\n{gone}\nfrom opentelemetry import trace\ntrace.get_tracer('a').start_span('s').end()\n"
            "print('done')\n"
        )
        traced = run(*TRACEKIT, "run", "--dir", str(tmp_path / "file"), str(script))
        assert (traced.returncode, traced.stdout) == (0, "done\n"), gone
