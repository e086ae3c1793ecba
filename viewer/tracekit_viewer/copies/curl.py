"""A recorded call as a curl command: the body on standard input, in a here-document that nothing in it can end. Pure.

A JSON text has no line that consists of one bare word, so the here-document's word ends it and nothing before does;
the word is quoted, so the shell looks at nothing inside. Keys come from the environment.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from tracekit_viewer.copies.request import AZURE, Recorded, recorded
from tracekit_viewer.copies.spelling import as_json, comment

_END = "TRACEKIT_BODY"
_VERSION = "2023-06-01"
_UNKNOWN = "This span tells of no request to a model in a shape that is known here, so there is no command for it."
_DEEP = "The request is nested too deeply to be written out."


def curl(span: Mapping[str, Any]) -> str:
    """The command that sends a recorded call again; for what is none, a comment that says so.

    Args:
        span: a row of the `spans` view, JSON columns decoded.
    """
    found = recorded(span)
    if found is None:
        return comment(_UNKNOWN) + "\n"
    try:
        body = as_json(found.body)
    except RecursionError:
        return comment(_DEEP) + "\n"
    notes = [*found.notes]
    lines = [f"curl {_url(found, notes)} \\", "  --header 'Content-Type: application/json' \\"]
    lines += [f"  --header {header} \\" for header in _headers(found, notes)]
    if found.streams:
        lines.append("  --no-buffer \\")
    lines.append(f"  --data-binary @- <<'{_END}'")
    return "\n".join([*map(comment, notes), *lines, body, _END, ""])


def _url(found: Recorded, notes: list[str]) -> str:
    """The address as a word of a shell."""
    query = ""
    if found.provider == AZURE:
        notes.append("OPENAI_API_VERSION has to hold the version of the API.")
        query = '"?api-version=$OPENAI_API_VERSION"'
    path = f"{found.prefix}{found.path}"
    if found.base is None:
        notes.append("BASE_URL has to hold the server's address, as in https://host.")
        return f'"$BASE_URL"{shlex.quote(path)}{query}'
    return shlex.quote(found.base + path) + query


def _headers(found: Recorded, notes: list[str]) -> list[str]:
    """The headers as words of a shell: only the names of variables stand in double quotes."""
    if found.shape == "messages":
        notes.append(f"The header anthropic-version was not recorded; {_VERSION} is what the API asks for.")
        return [f'"x-api-key: ${found.key}"', f"'anthropic-version: {_VERSION}'"]
    if found.shape == "generate":
        return [f'"x-goog-api-key: ${found.key}"']
    if found.provider == AZURE:
        return [f'"api-key: ${found.key}"']
    return [f'"Authorization: Bearer ${found.key}"']
