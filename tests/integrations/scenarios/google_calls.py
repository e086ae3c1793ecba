"""Programs that ask Gemini: between them they pass every line of the integration."""

from __future__ import annotations

import warnings
from typing import Any

from google.genai import types

from tests.integrations.scenarios.stage import Stage
from tests.support.provider import Reply, answer, events

MODEL = "/v1/models/m-9"
USAGE = {
    "promptTokenCount": 7,
    "toolUsePromptTokenCount": 2,
    "cachedContentTokenCount": 5,
    "candidatesTokenCount": 3,
    "thoughtsTokenCount": 4,
}


def reply(*said: dict[str, Any], finish: str | None = "STOP", **fields: Any) -> dict[str, Any]:
    """A whole reply, or a chunk of one."""
    candidate = {"content": {"role": "model", "parts": list(said)}, "finishReason": finish}
    head = {"usageMetadata": USAGE, "modelVersion": "m-9-1", "responseId": "r1"}
    return {"candidates": [candidate], **head, **fields}


def undated(reply: Any) -> Any:
    """A reply without the HTTP headers beside it, which have a date."""
    reply.sdk_http_response = None
    return reply


def whole(on: Stage) -> Any:
    """A whole reply to a request that has everything in it."""
    said = [
        {"text": "Hm.", "thought": True},
        {"text": "Hel"},
        {"text": "lo"},
        {"executableCode": {"code": "1+1", "language": "PYTHON"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}},
        {"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "response": {}}},
        {"videoMetadata": {"fps": 1.0}},
    ]
    on.queue(f"{MODEL}:generateContent", answer(reply(*said)))
    config: Any = {
        "system_instruction": "Be brief.",
        "response_modalities": ["TEXT"],
        "response_mime_type": "application/json",
        "thinking_config": {"thinking_level": "low"},
        "candidate_count": 1,
        "top_k": 40,
        "stop_sequences": ["END"],
        "tools": [
            {"google_search": {}},
            {"function_declarations": [{"name": "add", "description": "Adds.", "parameters": {"type": "OBJECT"}}]},
        ],
    }
    contents: Any = [
        "Hi",
        types.Part.from_bytes(data=b"\xff\xfe", mime_type="image/png"),
        types.Part.from_uri(file_uri="gs://bucket/a.pdf", mime_type="application/pdf"),
        types.Content(role="model", parts=[types.Part.from_function_call(name="add", args={"a": 1})]),
        types.Content(role="user", parts=[types.Part.from_function_response(name="add", response={"r": 1})]),
    ]
    return undated(on.gemini.models.generate_content(model="m-9", contents=contents, config=config))


def automatic(on: Stage) -> Any:
    """A function of the program's that the client runs."""

    def add(a: int) -> int:
        """Adds."""
        return a + 1

    call = {"functionCall": {"name": "add", "args": {"a": 1}}}
    on.queue(f"{MODEL}:generateContent", answer(reply(call)), answer(reply({"text": "2"})))
    return undated(on.gemini.chats.create(model="m-9", config={"tools": [add]}).send_message("Hi"))


def blocked(on: Stage) -> Any:
    """A prompt that is refused, and a request for something else than a reply."""
    on.queue(f"{MODEL}:generateContent", answer({"promptFeedback": {"blockReason": "SAFETY"}}))
    on.queue(f"{MODEL}:countTokens", answer({"totalTokens": 3}))
    counted = on.gemini.models.count_tokens(model="m-9", contents="Hi")
    return undated(on.gemini.models.generate_content(model="m-9", contents="Hi")), undated(counted)


def streamed(on: Stage) -> Any:
    """Streams: read, and left at their end."""
    chunks = [reply({"text": "Hel"}, finish=None), reply({"text": "lo"})]
    on.queue(f"{MODEL}:streamGenerateContent", events(chunks, done=False), events(chunks, done=False))
    read = list(on.gemini.models.generate_content_stream(model="m-9", contents="Hi"))
    left = on.gemini.models.generate_content_stream(model="m-9", contents="Hi")
    found = next(left), next(left)
    left.close()
    return list(map(undated, [*read, *found]))


def embedded(on: Stage) -> Any:
    """Embeddings of Gemini's, and of Vertex AI's two ways."""
    on.queue(f"{MODEL}:batchEmbedContents", answer({"embeddings": [{"values": [1.0, 2.0]}]}))
    place = "/v1/projects/p/locations/l/publishers/google/models"
    predicted = {"embeddings": {"values": [1.0], "statistics": {"token_count": 2.0, "truncated": False}}}
    on.queue(f"{place}/e-9:predict", answer({"predictions": [predicted]}))
    on.queue(f"{place}/gemini-embedding-9:embedContent", answer({"embedding": {"values": [1.0]}}))
    on.queue(f"{place}/imagen-9:predict", answer({"predictions": []}))
    size: Any = {"output_dimensionality": 2}
    made = [
        on.gemini.models.embed_content(model="m-9", contents=["a", "b"], config=size),
        on.vertex.models.embed_content(model="e-9", contents="a", config=size),
        on.vertex.models.embed_content(model="gemini-embedding-9", contents="a", config=size),
        drawn(on),
    ]
    return list(map(undated, made))


def drawn(on: Stage) -> Any:
    """A call that goes the way of Vertex AI's embeddings and is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client's own: this method will go
        return on.vertex.models.generate_images(model="imagen-9", prompt="a")


STEPS: list[Any] = [
    {"type": "thought", "summary": [{"type": "text", "text": "Hm."}]},
    {"type": "model_output", "content": [{"type": "text", "text": "Hello"}, {"type": "other"}]},
    {"type": "function_call", "id": "f1", "name": "add", "arguments": {"a": 1}},
    {"type": "google_search_call", "id": "g1", "arguments": {"queries": ["a"]}},
    {"type": "google_search_result", "call_id": "g1", "result": []},
    {"type": "something_new"},
]
INTERACTION = {"id": "int_1", "object": "interaction", "model": "m-9-1"}
SPENT = {"total_input_tokens": 7, "total_output_tokens": 2, "total_thought_tokens": 1}


def interactions(on: Stage) -> Any:
    """Interactions with models and agents, and everything that may go in."""
    done = {**INTERACTION, "status": "completed", "steps": STEPS, "usage": SPENT}
    failed = {**INTERACTION, "status": "failed"}
    waiting = {**INTERACTION, "status": "in_progress"}
    on.queue("/v1/interactions", answer(done), answer(failed), answer(waiting), answer(done))
    tools: Any = [{"type": "function", "name": "add", "description": "Adds."}, {"type": "google_search"}]
    steps: Any = [
        {"type": "user_input", "content": [{"type": "text", "text": "Hi"}]},
        {"type": "function_call", "id": "f1", "name": "add", "arguments": {"a": 1}},
        {"type": "function_result", "call_id": "f1", "name": "add", "result": "2"},
    ]
    media: Any = [
        {"type": "text", "text": "Hi"},
        {"type": "image", "data": "AAAA", "mime_type": "image/png"},
        {"type": "image", "uri": "gs://bucket/a.png", "mime_type": "image/png"},
    ]
    create: Any = on.gemini.interactions.create
    return [
        create(model="m-9", input=steps, tools=tools, system_instruction="Be brief.", previous_interaction_id="int_0"),
        create(model="m-9", input=media, generation_config={"thinking_level": "low", "stop_sequences": ["END"]}),
        create(agent="deep-research-9", input="Hi", background=True),
        create(request={"body": {"model": "m-9", "input": {"type": "text", "text": "Hi"}}}),
    ]


def interaction_events(on: Stage) -> Any:
    """A streamed interaction with every kind of delta, and one that fails."""

    def delta(index: int, **said: Any) -> dict[str, Any]:
        return {"event_type": "step.delta", "index": index, "delta": said}

    said = [
        {"event_type": "interaction.created", "interaction": {**INTERACTION, "status": "in_progress"}},
        {"event_type": "step.start", "index": 0, "step": {"type": "thought"}},
        delta(0, type="thought_summary", content={"type": "text", "text": "Hm."}),
        delta(0, type="thought_signature", signature="c2ln"),
        {"event_type": "step.start", "index": 1, "step": {"type": "function_call", "id": "f1", "name": "add"}},
        delta(1, type="arguments_delta", arguments='{"a": '),
        delta(1, type="arguments_delta", arguments="1}"),
        {"event_type": "step.start", "index": 2, "step": {"type": "google_search_call", "id": "g1"}},
        delta(2, type="google_search_call", arguments={"queries": ["a"]}),
        delta(3, type="text", text="Hel"),
        delta(3, type="text", text="lo"),
    ]
    error = {"event_type": "error", "error": {"code": "overloaded", "message": "no"}}
    on.queue("/v1/interactions", events(said), events([*said, error], done=False))
    create: Any = on.gemini.interactions.create
    options: Any = {"model": "m-9", "input": "Hi", "stream": True, "automatic_continuation": False}
    found = list(create(**options))
    left = create(**options)
    found.extend(next(left) for _ in range(len(said) + 1))
    left.close()
    return found


def empty(on: Stage) -> Any:
    """A reply with no body."""
    on.queue(f"{MODEL}:generateContent", Reply(body=b""))
    return undated(on.gemini.models.generate_content(model="m-9", contents="Hi"))


SCENARIOS = (whole, automatic, blocked, streamed, embedded, interactions, interaction_events, empty)
