"""Documents and tool definitions in any emitter's form, as one: `id`, `content`, `score`; tools flat. Pure.

What else a document or a tool has stays on it. What needs no change is given back as the same object.
"""

from __future__ import annotations

from typing import Any

from tracekit.dialects.values import decoded, listed

_IDS = ("id", "document_id", "doc_id", "_id")
_CONTENTS = ("content", "page_content", "text", "document", "pageContent")
_SCORES = ("score", "relevance_score", "similarity", "_score")
_PARAMETERS = ("parameters", "input_schema", "inputSchema", "parameters_json_schema", "json_schema")
_WRAPPERS = ("function", "toolSpec", "tool")


def documents(value: Any) -> list[Any] | None:
    """What a retriever found, each with `id`, `content` and `score` where it says them; None for nothing."""
    found = listed(value)
    if not found:
        return None
    read = [_document(one) for one in found]
    return found if all(map(_same, read, found)) else read


def tools(value: Any) -> list[Any] | None:
    """Tool definitions, flat: type, name, description, parameters; None for nothing."""
    found = listed(value)
    if not found:
        return None
    if all(map(_is_flat, found)):
        return found
    read = [tool for one in found for tool in _tools(decoded(one))]
    return found if len(read) == len(found) and all(map(_same, read, found)) else read


def _document(said: Any) -> Any:
    said = decoded(said)
    if not isinstance(said, dict):
        return {"content": said}
    names = {own: next((name for name in known if name in said), None) for own, known in _NAMES.items()}
    if all(name in {None, own} for own, name in names.items()):
        return said
    taken = set(names.values())
    rest = {name: value for name, value in said.items() if name not in taken}
    return {own: said[name] for own, name in names.items() if name is not None} | rest


def _is_flat(said: Any) -> bool:
    return type(said) is dict and "type" in said and "name" in said and "parameters" in said


def _tools(said: Any) -> list[Any]:
    if not isinstance(said, dict):
        return [said]
    declared = said.get("function_declarations") or said.get("functionDeclarations")  # Gemini: several in one
    if isinstance(declared, list):
        return [_tool(one) for one in declared]
    return [_tool(said)]


def _tool(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    inner = next((said[name] for name in _WRAPPERS if isinstance(said.get(name), dict)), None)
    flat = said if inner is None else inner
    name = next((name for name in _PARAMETERS if name in flat), None)
    kind = said.get("type") or "function"
    if inner is None and "type" in said and name in {None, "parameters"}:
        return said
    rest = {key: value for key, value in flat.items() if key not in {name, "type"}}
    if name is None:
        return {"type": kind, **rest}
    parameters = flat[name]
    if isinstance(parameters, dict) and parameters.keys() == {"json"}:  # Bedrock
        parameters = parameters["json"]
    return {"type": kind, **rest, "parameters": decoded(parameters)}


def _same(one: Any, other: Any) -> bool:
    return one is other


_NAMES = {"id": _IDS, "content": _CONTENTS, "score": _SCORES}
