"""Programs that ask Hugging Face's clients, against a server on this machine."""

from __future__ import annotations

import json
from typing import Any

from huggingface_hub import AsyncInferenceClient, InferenceClient

from tests.support.provider import Provider, Reply, answer, events

CHAT = "/v1/chat/completions"
HI: Any = [{"role": "user", "content": "Hi"}]
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
TOOL: Any = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
DETAILS = {"finish_reason": "eos_token", "generated_tokens": 3, "prefill": [], "tokens": [], "input_length": 7}


def chat(content: str | None = "Hello", finish: str = "stop", **message: Any) -> dict[str, Any]:
    """A whole chat completion."""
    said = {"role": "assistant", "content": content, **message}
    choice = {"index": 0, "finish_reason": finish, "message": said}
    return {
        "id": "h1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-9-1",
        "choices": [choice],
        "usage": USAGE,
    }


def chunk(content: str, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk of a streamed one."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": content}, "finish_reason": finish}
    return {"id": "h1", "created": 1, "model": "m-9-1", "choices": [choice], **fields}


CHUNKS = [chunk("Hel"), chunk("lo"), chunk("", "eos_token", usage=USAGE)]


def token(text: str, *, special: bool = False, **fields: Any) -> dict[str, Any]:
    """A token of a streamed text."""
    return {"index": 0, "token": {"id": 1, "text": text, "logprob": 0.0, "special": special}, **fields}


TOKENS = [token("Hel"), token("lo"), token("</s>", special=True, generated_text="Hello", details=DETAILS)]


def client(provider: Provider, path: str = "") -> InferenceClient:
    """A client of whatever is served at this address."""
    return InferenceClient(provider.url + path, token="none", timeout=60)


def async_client(provider: Provider, path: str = "") -> AsyncInferenceClient:
    """The same, asynchronous."""
    return AsyncInferenceClient(provider.url + path, token="none", timeout=60)


def queue(provider: Provider, path: str, *said: Any) -> None:
    """Have these replies ready: JSON, or as they are."""
    provider.queue(path, *(each if isinstance(each, Reply) else answer(each) for each in said))


def seen(value: Any) -> Any:
    """What a program sees of a result, comparable."""
    if isinstance(value, list):
        return [seen(each) for each in value]
    return type(value).__name__, json.dumps(value, default=lambda each: getattr(each, "__dict__", str(each)))


def attempt(ask: Any) -> Any:
    """A result, or the error."""
    try:
        result = ask()
        return seen(list(result) if hasattr(result, "__next__") else result)
    except Exception as error:  # noqa: BLE001 - whatever the client raises, it must raise with us too
        return type(error).__name__, str(error)


def everything(provider: Provider) -> list[Any]:
    """A program that passes every line of the integration."""
    queue(provider, CHAT, chat(), chat(None, "tool_calls", tool_calls=[CALL]), events(CHUNKS), events(CHUNKS[:1]))
    queue(provider, CHAT, events([chunk("Hel"), {"error": "overloaded", "error_type": "overloaded"}], done=False))
    queue(provider, "/text", [{"generated_text": "Hello", "details": DETAILS}], {"generated_text": "Hello"})
    queue(provider, "/text", events(TOKENS, done=False), {"choices": [{"text": "Hello", "finish_reason": "stop"}]})
    queue(provider, "/text", events([{"choices": [{"index": 0, "text": "Hello", "finish_reason": "stop"}]}]))
    queue(provider, "/sum", [{"summary_text": "Hi"}])
    queue(provider, "/vectors", [[0.1, 0.2]], {"data": [{"embedding": [0.1, 0.2]}]})
    queue(provider, "/near", [0.9])
    queue(
        provider, "/draw", Reply(headers={"content-type": "image/png"}, body=PNG), {"images": [{"url": "https://a/b"}]}
    )
    queue(provider, "/speak", Reply(headers={"content-type": "audio/flac"}, body=b"fLaC"))
    queue(provider, "/fill", [{"score": 1.0, "token": 1, "token_str": "a", "sequence": "a"}])
    queue(provider, "/qa", {"answer": "Paris", "score": 1.0, "start": 0, "end": 5})
    queue(provider, "/hear", {"text": "Hello"})
    at = client(provider)
    text, vectors = client(provider, "/text"), client(provider, "/vectors")
    left = lambda: next(iter(at.chat_completion(HI, model="m-9", stream=True)))  # noqa: E731
    return [
        attempt(lambda: at.chat_completion(HI, model="m-9", max_tokens=9, tools=[TOOL])),
        attempt(lambda: at.chat.completions.create(HI, model="m-9", stop=["END"], seed=1)),
        attempt(lambda: at.chat_completion(HI, model="m-9", stream=True)),
        attempt(left),
        attempt(lambda: at.chat_completion(HI, stream=True)),
        attempt(lambda: text.text_generation("Hi", details=True, max_new_tokens=9, stop=["END"])),
        attempt(lambda: text.text_generation("Hi")),
        attempt(lambda: text.text_generation("Hi", stream=True, details=True)),
        attempt(lambda: text.text_generation("Hi")),
        attempt(lambda: text.text_generation("Hi", stream=True)),
        attempt(lambda: client(provider, "/sum").summarization("Hello")),
        attempt(lambda: vectors.feature_extraction("Hi")),
        attempt(lambda: vectors.feature_extraction("Hi")),
        attempt(lambda: client(provider, "/near").sentence_similarity("a", other_sentences=["b"])),
        attempt(lambda: bytes_of(client(provider, "/draw"))),
        attempt(lambda: bytes_of(client(provider, "/draw"))),
        attempt(lambda: client(provider, "/speak").text_to_speech("Hi")),
        attempt(lambda: client(provider, "/fill").fill_mask("a <mask>")),
        attempt(lambda: client(provider, "/qa").question_answering(question="Where?", context="In Paris")),
        attempt(lambda: client(provider, "/hear").automatic_speech_recognition(b"fLaC")),
    ]


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)


def bytes_of(drawing: InferenceClient) -> Any:
    """A picture's size: an image library may not be there."""
    return drawing.text_to_image("A cat").size
