"""What the tests of agent frameworks have in common: a model server's replies, in order, as agents ask for them."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.integrations import wire
from tests.support.provider import Provider, Reply, answer, events

USED = (wire.USAGE["prompt_tokens"], wire.USAGE["completion_tokens"])
"""Tokens of each reply, in and out."""
_numbers = itertools.count(1)


def says(content: str | None, *calls: tuple[str, str, dict[str, Any]], **options: Any) -> Reply:
    """An answer of the model's; calls are its wishes: id, tool, arguments."""
    wishes = [
        {"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for id_, name, arguments in calls
    ]
    made = wire.completion(content, **({"tool_calls": wishes} if wishes else {}))
    return answer({**made, "id": f"chatcmpl-{next(_numbers)}"}, **options)


def streams(*words: str, **options: Any) -> Reply:
    """The same in pieces, without calls."""
    number = next(_numbers)
    return events([{**chunk, "id": f"chatcmpl-{number}"} for chunk in wire.chat(*words)], **options)


def queue(provider: Provider, *replies: Reply) -> None:
    provider.queue(wire.CHAT, *replies)
