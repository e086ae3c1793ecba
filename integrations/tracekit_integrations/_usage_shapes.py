"""Tokens that a framework hands on as a provider told them, in whichever provider's words. Pure."""

from __future__ import annotations

from typing import Any

from tracekit.model import Usage
from tracekit_integrations import _anthropic_messages, _openai_chat, _openai_responses
from tracekit_integrations._values import said


def usage(reported: Any) -> Usage | None:
    """Usage in the words of OpenAI's or Anthropic's APIs, which many others speak; None of any other, and of nothing.

    Anthropic counts the cache's tokens beside the input, and alone names them as it does.
    """
    found = said(reported)
    if "prompt_tokens" in found:
        return _openai_chat.usage(found)
    if "cache_read_input_tokens" in found:
        return _anthropic_messages.usage(found)
    return _openai_responses.usage(found) if "input_tokens" in found else None
