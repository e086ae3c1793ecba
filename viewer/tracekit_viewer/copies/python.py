"""A recorded call as Python: a call of the provider's own client; of any other span, what is known of it. Pure.

Content stands in literals that Python itself has written, comments are of one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit_viewer.copies.request import AZURE, GOOGLE_VERSION, Recorded, recorded
from tracekit_viewer.copies.spelling import arguments, as_python, comment

_METHODS = {
    "chat": "chat.completions.create",
    "responses": "responses.create",
    "embeddings": "embeddings.create",
    "messages": "messages.create",
}
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
"""Parameters that Anthropic's client takes by name in its older versions only; in its body they are the same to all."""
_UNKNOWN = "This span tells of no request to a model in a shape that is known here: this is what was recorded of it."
_DEEP = "It is nested too deeply to be written out."
_FIELDS = (
    "name", "kind", "operation", "provider", "request_model", "status", "system_instructions", "input_messages",
    "tool_definitions", "input", "output", "output_messages", "tool_name", "tool_arguments", "tool_result", "documents",
)  # fmt: skip


def python(span: Mapping[str, Any]) -> str:
    """The program that makes a recorded call again; for what is none, a dictionary of what was recorded.

    Args:
        span: a row of the `spans` view, JSON columns decoded.
    """
    found = recorded(span)
    try:
        if found is None:
            return _dictionary(span)
        made = _google(found) if found.shape == "generate" else _stainless(found)
    except RecursionError:
        return comment(_DEEP) + "\n"
    return "\n".join([*map(comment, found.notes), made])


def _dictionary(span: Mapping[str, Any]) -> str:
    known = {name: span[name] for name in _FIELDS if span[name] is not None}
    return f"{comment(_UNKNOWN)}\nspan = {as_python(known)}\n"


def _stainless(found: Recorded) -> str:
    """A call of openai or anthropic."""
    package, name = ("anthropic", "Anthropic") if found.shape == "messages" else ("openai", "OpenAI")
    lead, given = "", dict[str, str]()
    if found.base is not None:
        given["base_url"] = repr(found.base + found.prefix)
    if found.provider == AZURE:
        name = "AzureOpenAI"
        lead = comment("The client takes the version of the API from $OPENAI_API_VERSION.") + "\n"
        given = {"azure_endpoint": repr(found.base)} if found.base is not None else {}
    elif found.key not in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        lead = "import os\n\n"
        given["api_key"] = f"os.environ[{found.key!r}]"
    made = ", ".join(f"{key}={value}" for key, value in given.items())
    given_body = {name: value for name, value in found.body.items() if name not in _SAMPLING or package == "openai"}
    beside = {name: value for name, value in found.body.items() if name not in given_body}
    if beside:
        given_body["extra_body"] = beside
    call = f"client.{_METHODS[found.shape]}(\n{arguments(given_body)})\n"
    return (
        f"{lead}from {package} import {name}\n\nclient = {name}({made})  # the key: ${found.key}\n{_shown(found, call)}"
    )


def _google(found: Recorded) -> str:
    """A call of google-genai, which takes all but contents and model in a `config`, with names of its own."""
    where = {"base_url": found.base} if found.base is not None else {}
    options = f"http_options={ {**where, 'api_version': GOOGLE_VERSION}!r}"
    body = found.body
    config = {**body.get("generationConfig", {})}
    config |= {name: body[name] for name in ("systemInstruction", "tools") if name in body}
    given = {
        **({"model": found.model} if found.model else {}),
        **({"contents": body["contents"]} if "contents" in body else {}),
        **({"config": config} if config else {}),
    }
    method = "generate_content_stream" if found.streams else "generate_content"
    call = f"client.models.{method}(\n{arguments(given)})\n"
    made = f"from google import genai\n\nclient = genai.Client({options})  # the key: ${found.key}\n"
    return made + _shown(found, call)


def _shown(found: Recorded, call: str) -> str:
    if found.streams:
        return f"for chunk in {call.rstrip()}:\n    print(chunk)\n"
    return f"response = {call}print(response)\n"
