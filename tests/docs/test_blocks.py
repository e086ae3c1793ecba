"""Every block of the documentation runs: file by file, in order, in an empty directory, with a local model server.

A `python` block with a file name on its fence is also saved under it, for the blocks behind it. Commands that serve are
started, asked whether they are well, and stopped. What a new user reads first runs in new interpreters, as it does
there; the other pages' programs are forked (see `tests.support.forks`), but for lines that only a shell understands.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import markdown
from tests.docs.markdown import Block
from tests.support import forks
from tests.support.commands import PROGRAM
from tracekit.demo.server import ModelServer

RUN = {"python", "bash", "sql", "toml", "json"}
SERVING = ("tracekit up", "tracekit demo")
FIRST = {"README.md", "docs/quickstart.md"}
_QUOTED = re.compile(r"""'[^']*'|"[^"$`\\!]*"|#.*""")
"""What a shell takes as it stands, or leaves out."""
PROGRAMS = {"tracekit": ["-m", "tracekit"], "python": []}


@pytest.fixture
def environment(tmp_path: Path, data_dir: Path) -> Iterator[dict[str, str]]:
    with ModelServer(pace=0) as server:
        yield {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "TRACEKIT_DIR": str(data_dir),
            "TRACEKIT_PORT": "0",
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "none-needed",
        }


@pytest.mark.parametrize("path", markdown.FILES, ids=markdown.name)
def test_every_block_runs(path: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    here = tmp_path / "here"
    here.mkdir()
    if markdown.name(path) in FIRST:
        environment[forks.NEW] = "1"
    for block in markdown.blocks(path):
        try:
            _run(block, here, environment)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, ValueError, AssertionError) as error:
            said = getattr(error, "stderr", "") or ""
            pytest.fail(f"{markdown.name(path)}:{block.line}: {error}\n{block.code}\n{said}", pytrace=False)


@pytest.mark.parametrize("path", markdown.FILES, ids=markdown.name)
def test_a_block_that_does_not_run_says_why(path: Path) -> None:
    for block in markdown.blocks(path):
        where = f"{markdown.name(path)}:{block.line}"
        assert block.language in RUN | {"text"}, f"{where}: {block.language!r} is no language that is tested"
        if block.language == "text":
            assert block.note[:1] + block.note[-1:] == "()", f"{where}: say in brackets why it is text"


def _run(block: Block, here: Path, environment: dict[str, str]) -> None:
    if block.language == "python":
        script = here / (block.note or f"block{block.line}.py")
        script.write_text(block.code, encoding="utf-8")
        _command([sys.executable, script.name], here, environment)
    elif block.language == "bash":
        for line in block.code.splitlines():
            serves = line.startswith(SERVING) and "--no-serve" not in line
            (_serve if serves else _command)(_words(line), here, environment)
    elif block.language == "sql":
        _command([*PROGRAM, "sql", block.code], here, environment)
    elif block.language == "toml":
        tomllib.loads(block.code)
    elif block.language == "json":
        json.loads(block.code)


def _words(line: str) -> list[str]:
    """The command of a line: a program's where the shell would do no more than divide it, else the shell's."""
    words = shlex.split(line, comments=True)
    if words[:1] and words[0] in PROGRAMS and not set("$`*?~|&;<>(){}[]!\\") & set(_QUOTED.sub("", line)):
        return [sys.executable, *PROGRAMS[words[0]], *words[1:]]
    return ["bash", "-euc", line]


def _command(command: list[str], here: Path, environment: dict[str, str]) -> None:
    forks.run(command, cwd=here, env=environment, check=True, capture_output=True, text=True, timeout=60)


def _serve(command: list[str], here: Path, environment: dict[str, str]) -> None:
    """Start what serves until it prints its URL, ask whether it is well, and stop it."""
    with forks.start(
        command, cwd=here, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), f"{shlex.join(command)} printed {url!r}"
            with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
                assert answer.status == 200
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == 0
