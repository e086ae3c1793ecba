"""Whole programs, as people start them: one that knows nothing of us, those with one line; and what is stored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integrations import anthropic_wire as wire
from tests.support.commands import tracekit
from tests.support.provider import Provider, answer, events

PROGRAM = """
import asyncio
import sys

import anthropic

ASK = {"model": "claude-sonnet-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
OPTIONS = {"base_url": sys.argv[1], "api_key": "none", "max_retries": 0}

client = anthropic.Anthropic(**OPTIONS)
print(client.messages.create(**ASK).content[0].text)
with client.messages.stream(**ASK) as stream:
    print("".join(stream.text_stream))


async def later():
    async with anthropic.AsyncAnthropic(**OPTIONS) as client, client.beta.messages.stream(**ASK) as stream:
        print(await stream.get_final_text())


asyncio.run(later())
unread = client.messages.create(**ASK, stream=True)
print(next(unread).type)
"""
ONE_LINE = "import tracekit; tracekit.autolog()\n"
SEEN = "Hello\nHello\nHello\nmessage_start\n"
ROWS = (
    "select name, provider, outcome, input_tokens, output_tokens, cost_usd > 0 as priced from spans order by start_time"
)


@pytest.mark.parametrize("way", ["tracekit run", "autolog", "autolog after the import"])
def test_a_program_is_recorded_and_not_changed(way: str, provider: Provider, tmp_path: Path, data_dir: Path) -> None:
    whole = wire.message(model="claude-sonnet-4-6")
    script = wire.stream()
    script[0]["message"]["model"] = "claude-sonnet-4-6"
    provider.queue(wire.MESSAGES, answer(whole), *[events(script, done=False)] * 3)
    program = tmp_path / "app.py"
    late = PROGRAM.replace("import anthropic\n", f"import anthropic\n{ONE_LINE}")
    program.write_text({"autolog": ONE_LINE + PROGRAM, "autolog after the import": late}.get(way, PROGRAM))
    if way == "tracekit run":
        done = tracekit("run", str(program), provider.url, cwd=tmp_path)
    else:
        command = [sys.executable, str(program), provider.url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, SEEN, "")
    rows = json.loads(tracekit("sql", "--format", "json", ROWS, cwd=tmp_path).stdout)
    told = {"name": "chat claude-sonnet-4-6", "provider": "anthropic", "input_tokens": 32}
    ended = {**told, "outcome": "complete", "output_tokens": 9, "priced": True}
    assert rows == [ended] * 3 + [{**told, "outcome": "abandoned", "output_tokens": None, "priced": None}]
