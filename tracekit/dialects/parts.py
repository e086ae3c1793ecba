"""Pieces of content in any provider's form, as the conventions' parts. Pure; what has no known form stays as it is.

Known are the conventions' own parts and the content of OpenAI (chat, responses), Anthropic, Bedrock, Gemini, Vercel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.dialects.values import decoded, text
from tracekit.model import Part

_CALL_IDS = ("call_id", "toolCallId", "tool_call_id", "toolUseId", "tool_use_id", "id")
_CALL_NAMES = ("name", "toolName", "tool_name")
_ARGUMENTS = ("arguments", "args", "input")
_RESPONSES = ("response", "result", "output", "content")
_THOUGHTS = ("content", "text", "thinking", "reasoning", "reasoningText", "summary", "data")
_Block = dict[str, Any]


def parts(content: Any) -> list[Any]:
    """Content of a message as parts: of text, of one block, of a list of blocks; none of nothing."""
    if content is None or content == "":
        return []
    return [part(block) for block in (content if isinstance(content, list) else [content])]


def part(block: Any) -> Any:
    """One block of content as a part; the same object where it is one already."""
    if isinstance(block, str):
        return text_part(block)
    if not isinstance(block, dict):
        return block
    kind = block.get("type")
    if kind == "text" and "content" in block:
        return block
    reader = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if reader is not None:
        return reader(block)
    if kind is None:
        for key, nested in _BY_KEY.items():
            if key in block:
                return nested(block[key]) if isinstance(block[key], dict) else _text(block)
    return block


def text_part(content: str) -> Part:
    """Text."""
    return {"type": "text", "content": content}


def call_part(id_: str | None, name: str, arguments: Any) -> Part:
    """A model's wish to have a tool run; its arguments decoded."""
    return {"type": "tool_call", "id": id_, "name": name, "arguments": decoded(arguments)}


def result_part(id_: str | None, response: Any) -> Part:
    """What a tool answered."""
    return {"type": "tool_call_response", "id": id_, "response": decoded(plain(response))}


def url_part(url: str, modality: str) -> Part:
    """What a URL points to, never fetched; of a `data:` URL in base64, the bytes that it holds."""
    head, comma, content = url.partition(",")
    if comma and head[:5].lower() == "data:" and head.endswith(";base64"):
        return {"type": "blob", "modality": modality, "mime_type": head[5:].partition(";")[0] or None,
                "content": content}  # fmt: skip
    return {"type": "uri", "modality": modality, "mime_type": None, "uri": url}


def sound_part(said: dict[str, Any]) -> Any:
    """Sound that a model gave as its answer, with what was said in it."""
    content, transcript = text(said.get("data")), text(said.get("transcript"))
    if content is None:
        return text_part(transcript or "")
    return _data(content, "audio", None) | ({"transcript": transcript} if transcript else {})


def _data(said: str, modality: str, mime_type: str | None) -> dict[str, Any]:
    """Bytes in base64, or, where an emitter keeps them elsewhere, what points to them."""
    if ":" in said[:20]:  # base64 has no colon; a URL's scheme and the names of such places end with one
        return {**url_part(said, modality)}
    return {"type": "blob", "modality": modality, "mime_type": mime_type, "content": said}


def plain(value: Any) -> Any:
    """The text of a list that holds one block of text and nothing else; any other value as it is.

    >>> plain([{"text": "rainy"}]), plain([{"type": "text", "text": "rainy"}]), plain([1, 2])
    ('rainy', 'rainy', [1, 2])
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        block: _Block = value[0]
        said = block.get("text")
        if isinstance(said, str) and block.get("type", "text") == "text":
            return said
    return value


def _first(block: _Block, names: tuple[str, ...]) -> Any:
    return next((block[name] for name in names if block.get(name) is not None), None)


def _text(block: _Block) -> Any:
    if "text" not in block:
        return block
    kind = "reasoning" if block.get("thought") is True else "text"  # Gemini's thoughts are texts so marked
    return {"type": kind, "content": block["text"]}


def _refusal(block: _Block) -> Any:
    return {"type": "text", "content": block.get("refusal"), "refusal": True}


def _reasoning(block: _Block) -> Any:
    if isinstance(block.get("content"), str):
        return block if block.get("type") == "reasoning" else {**block, "type": "reasoning"}
    said = _first(block, _THOUGHTS)
    if isinstance(said, dict):  # Bedrock: {"reasoningText": {"text": ...}}
        said = _first(said, _THOUGHTS)
    if isinstance(said, list):
        said = "\n".join(str(item.get("text", "")) if isinstance(item, dict) else str(item) for item in said)
    return {"type": "reasoning", "content": said}


def _call(block: _Block) -> Any:
    if block.get("type") == "tool_call" and "name" in block and not isinstance(block.get("arguments"), str):
        return block
    function = block.get("function")
    said: _Block = function if isinstance(function, dict) else block
    return call_part(_first(block, _CALL_IDS), _first(said, _CALL_NAMES) or "", _first(said, _ARGUMENTS))


def _result(block: _Block) -> Any:
    response = _first(block, _RESPONSES)
    if isinstance(response, dict) and response.keys() == {"type", "value"}:  # Vercel says how its value is to be read
        response = response["value"]
    if block.get("type") == "tool_call_response" and response is block.get("response"):
        said = decoded(plain(response))
        return block if said is response else {**block, "response": said}
    return result_part(_first(block, _CALL_IDS), response)


def _image(block: _Block) -> Any:
    said = _first(block, ("image_url", "source", "image"))
    if isinstance(said, dict):
        said = (
            _first(said, ("url", "data"))
            if "data" not in said
            else f"data:{said.get('media_type')};base64,{said['data']}"
        )
    return url_part(said, "image") if isinstance(said, str) else block


def _audio(block: _Block) -> Any:
    said = block.get("input_audio")
    if not isinstance(said, dict) or "data" not in said:
        return block
    return _data(str(said["data"]), "audio", f"audio/{said.get('format')}")


def _uri(block: _Block) -> Any:
    said = block.get("uri")
    if not isinstance(said, str) or said[:5].lower() != "data:":
        return block
    held = url_part(said, text(block.get("modality")) or "image")
    return held if held["type"] == "blob" else block


def _file(block: _Block) -> Any:
    said = block.get("file")
    held: _Block = said if isinstance(said, dict) else block
    if isinstance(held.get("file_data"), str):
        return url_part(held["file_data"], "document")
    if isinstance(held.get("data"), str):
        mime_type = text(_first(held, ("mediaType", "mimeType", "mime_type")))
        return _data(held["data"], (mime_type or "").partition("/")[0] or "document", mime_type)
    if said is not held or "file_id" not in held:
        return block
    return {"type": "file", "modality": "document", "file_id": held["file_id"]}


def _inline(block: _Block) -> Any:
    mime_type = _first(block, ("mimeType", "mime_type"))
    modality = str(mime_type or "").partition("/")[0] or "document"
    return {"type": "blob", "modality": modality, "mime_type": mime_type, "content": block.get("data")}


def _linked(block: _Block) -> Any:
    mime_type = _first(block, ("mimeType", "mime_type"))
    modality = str(mime_type or "").partition("/")[0] or "document"
    return {"type": "uri", "modality": modality, "mime_type": mime_type, "uri": _first(block, ("fileUri", "file_uri"))}


_BY_TYPE: dict[str, Callable[[_Block], Any]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text"), _text),
    "refusal": _refusal,
    **dict.fromkeys(("reasoning", "thinking", "redacted_thinking", "reasoning_text"), _reasoning),
    **dict.fromkeys(("tool_call", "tool_use", "function_call", "function", "tool-call", "tool_use_block"), _call),
    **dict.fromkeys(("tool_call_response", "tool_result", "function_call_output", "tool-result"), _result),
    **dict.fromkeys(("image_url", "input_image", "image"), _image),
    "input_audio": _audio,
    "uri": _uri,
    **dict.fromkeys(("file", "input_file"), _file),
}
"""Readers by the `type` that a block gives itself."""

_BY_KEY: dict[str, Callable[[_Block], Any]] = {
    **dict.fromkeys(("functionCall", "function_call", "toolUse", "function"), _call),
    **dict.fromkeys(("functionResponse", "function_response", "toolResult"), _result),
    "reasoningContent": _reasoning,
    **dict.fromkeys(("inlineData", "inline_data"), _inline),
    **dict.fromkeys(("fileData", "file_data"), _linked),
    "text": _text,
}
"""Readers by the one key of a block that has no type, as Gemini's and Bedrock's have none."""
