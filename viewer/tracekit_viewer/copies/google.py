"""A recorded call in Google's shape: generateContent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit_viewer.copies.parts import Notes, Part, content, functions, messages, parameters, parts, text

_PARAMETERS = {
    semconv.REQUEST_TEMPERATURE: "temperature",
    semconv.REQUEST_TOP_P: "topP",
    semconv.REQUEST_TOP_K: "topK",
    semconv.REQUEST_MAX_TOKENS: "maxOutputTokens",
    semconv.REQUEST_STOP_SEQUENCES: "stopSequences",
    semconv.REQUEST_CHOICE_COUNT: "candidateCount",
    semconv.REQUEST_SEED: "seed",
    semconv.REQUEST_FREQUENCY_PENALTY: "frequencyPenalty",
    semconv.REQUEST_PRESENCE_PENALTY: "presencePenalty",
}
_ROLES = {"assistant": "model", "model": "model"}


def generate(span: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The body of a request for content."""
    names: dict[str, str] = {}
    system = [{"text": content(part)} for part in parts(span["system_instructions"], notes)]
    said: list[dict[str, Any]] = []
    for role, found, _ in messages(span["input_messages"], notes):
        made = [each for each in (_part(part, names, notes) for part in found) if each is not None]
        if role == "system":
            system += made
        elif made:
            said.append({"role": _ROLES.get(role, "user"), "parts": made})
    if not said:
        notes.add("The contents were not recorded; the API needs them.")
    given = parameters(span, _PARAMETERS)
    declared = [_declared(each) for each in functions(span, notes)]
    attributes = span["attributes"] or {}
    for name, word in (
        (semconv.REQUEST_REASONING_LEVEL, "level of reasoning"),
        (semconv.OUTPUT_TYPE, "type of answer"),
    ):
        if attributes.get(name) not in (None, "text"):
            notes.add(f"A {word} was asked for, {attributes[name]}; how exactly was not recorded.")
    return {
        **({"systemInstruction": {"parts": system}} if system else {}),
        **({"contents": said} if said else {}),
        **({"tools": [{"functionDeclarations": declared}]} if declared else {}),
        **({"generationConfig": given} if given else {}),
    }


def _declared(function: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in function.items() if name != "parameters"}
    return {**known, **({"parametersJsonSchema": function["parameters"]} if "parameters" in function else {})}


def _part(part: Part, names: dict[str, str], notes: Notes) -> dict[str, Any] | None:
    identity = {"id": part["id"]} if isinstance(part.get("id"), str) else {}
    match part.get("type"):
        case "text":
            return {"text": content(part)}
        case "tool_call":
            names[text(part.get("id"))] = text(part.get("name"))
            return {"functionCall": {**identity, "name": text(part.get("name")), "args": part.get("arguments") or {}}}
        case "tool_call_response":
            name = names.get(text(part.get("id")))
            if name is None:
                notes.add("Which tool an answer is of was not recorded.")
            found = part.get("response", part.get("result"))
            answer = found if isinstance(found, Mapping) else {"result": found}
            return {"functionResponse": {**identity, "name": name or "", "response": answer}}
        case "blob" if part.get("mime_type"):
            return {"inlineData": {"mimeType": part["mime_type"], "data": content(part)}}
        case "uri":
            mime = {"mimeType": part["mime_type"]} if part.get("mime_type") else {}
            return {"fileData": {**mime, "fileUri": text(part.get("uri"))}}
        case "reasoning":
            notes.left_out(part, "what a model thought is not sent again.")
        case _:
            notes.left_out(part, "what this shape needs of it was not recorded.")
    return None
