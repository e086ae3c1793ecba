"""Programs that ask Bedrock: between them they pass every line of the integration."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from botocore.exceptions import EventStreamError
from botocore.stub import Stubber

from tests.integrations.scenarios.stage import Stage
from tests.support import eventstream
from tests.support.provider import Reply, answer

MODEL = "m-9"
HI: Any = [{"role": "user", "content": [{"text": "Hi"}]}]
USAGE = {
    "inputTokens": 5,
    "outputTokens": 3,
    "totalTokens": 28,
    "cacheReadInputTokens": 12,
    "cacheWriteInputTokens": 8,
    "cacheDetails": [{"ttl": "1h", "inputTokens": 6}, {"ttl": "5m", "inputTokens": 2}],
}
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 7, "outputTokenCount": 3}}
CLAUDE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-9",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 7, "output_tokens": 3},
}
PNG = b"\x89PNG"


def message(*content: Any, **fields: Any) -> dict[str, Any]:
    """A reply of Converse."""
    said = {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": "end_turn"}
    return {**said, "usage": USAGE, "metrics": {"latencyMs": 1}, **fields}


def conversed(on: Stage) -> Any:
    """Converse with every kind of block."""
    thoughts = [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": base64.b64encode(b"x").decode()}},
        {"image": {"error": {"message": "no"}}},
    ]
    cited = {"citationsContent": {"content": [{"text": "Hello"}], "citations": []}}
    wish = {"toolUse": {"toolUseId": "t1", "name": "add", "input": {"a": 1}}}
    own = {"toolUse": {"toolUseId": "t2", "name": "search", "input": {"q": "a"}, "type": "server_tool_use"}}
    result = {"toolResult": {"toolUseId": "t2", "type": "search_result", "content": [{"text": "found"}]}}
    router = {"promptRouter": {"invokedModelId": "m-9-1"}}
    tier = {"serviceTier": {"type": "flex"}}
    on.queue(
        f"/model/{MODEL}/converse",
        answer(
            message(
                *thoughts,
                {"image": {"error": {"message": "no"}}},
                cited,
                own,
                result,
                wish,
                stopReason="tool_use",
                trace=router,
                **tier,
            )
        ),
        answer(message({"text": "Hello"}, usage={"inputTokens": 5, "outputTokens": 3, "totalTokens": 8})),
    )
    s3 = {"source": {"s3Location": {"uri": "s3://bucket/a"}}}
    asked = [
        {
            "role": "user",
            "content": [
                {"text": "Hi"},
                {"cachePoint": {"type": "default"}},
                {"image": {"format": "png", "source": {"bytes": PNG}}},
                {"video": {"format": "mp4", **s3}},
                {"document": {"format": "pdf", "name": "a", **s3}},
                {"document": {"format": "txt", "name": "b", "source": {"text": "Words"}}},
                {"document": {"name": "c", "source": {"content": [{"text": "Wo"}, {"text": "rds"}]}}},
                {"guardContent": {"text": {"text": "Careful"}}},
                {"guardContent": {"image": {"format": "png", "source": {"bytes": PNG}}}},
                {"searchResult": {"source": "s", "title": "t", "content": [{"text": "found"}]}},
            ],
        },
        {"role": "assistant", "content": [wish]},
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"json": {"sum": 2}}]}},
                {"toolResult": {"toolUseId": "t3", "status": "error", "content": [{"text": "no"}]}},
                {
                    "toolResult": {
                        "toolUseId": "t4",
                        "content": [{"text": "see"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
                    }
                },
            ],
        },
    ]
    schema = {"json": {"type": "object"}}
    tools = [
        {"toolSpec": {"name": "add", "description": "Adds.", "inputSchema": schema}},
        {"systemTool": {"name": "search"}},
        {"cachePoint": {"type": "default"}},
    ]
    structure = {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}
    first = on.bedrock.converse(
        modelId=MODEL,
        messages=asked,
        system=[{"text": "Be brief."}],
        toolConfig={"tools": tools},
        inferenceConfig={"maxTokens": 9, "topP": 0.5, "temperature": 0.5, "stopSequences": ["END"]},
        additionalModelRequestFields={"top_k": 3, "inferenceConfig": {"topK": 4}},
        guardrailConfig={"guardrailIdentifier": "g1", "guardrailVersion": "1"},
        outputConfig={"textFormat": structure, "effort": "low"},
        serviceTier={"type": "flex"},
    )
    return first, on.bedrock.converse(modelId=MODEL, messages=HI)


def told(index: int, **delta: Any) -> bytes:
    return eventstream.event({"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}})


def begun(index: int, **start: Any) -> bytes:
    return eventstream.event({"contentBlockStart": {"contentBlockIndex": index, "start": start}})


SAID = [
    eventstream.event({"messageStart": {"role": "assistant"}}),
    told(0, reasoningContent={"text": "H"}),
    told(0, reasoningContent={"text": "m."}),
    told(0, reasoningContent={"signature": "s"}),
    told(1, text="Hel"),
    told(1, text="lo"),
    begun(2, toolUse={"toolUseId": "t1", "name": "add"}),
    told(2, toolUse={"input": '{"a":'}),
    told(2, toolUse={"input": " 1}"}),
    begun(3, toolResult={"toolUseId": "t2", "type": "search_result"}),
    told(3, toolResult=[{"text": "found"}]),
    begun(4, image={"format": "png"}),
    told(4, image={"source": {"bytes": base64.b64encode(PNG).decode()}}),
    eventstream.event({"messageStop": {"stopReason": "tool_use"}}),
    eventstream.event({"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1}}}),
]


def streamed(on: Stage) -> Any:
    """ConverseStream: read, left, and broken."""
    path = f"/model/{MODEL}/converse-stream"
    broken = eventstream.reply([*SAID[:3], eventstream.broken("throttlingException", "slow down")])
    on.queue(path, eventstream.reply(SAID), eventstream.reply(SAID), broken)
    ask: Any = lambda: on.bedrock.converse_stream(modelId=MODEL, messages=HI)["stream"]  # noqa: E731
    left = ask()
    first = next(iter(left))
    left.close()
    found = [first, list(ask())]
    try:
        list(ask())
    except EventStreamError as error:
        found.append(str(error))
    return found


ASKED: tuple[tuple[str, dict[str, Any], Any], ...] = (
    ("claude", {"anthropic_version": "b", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}, CLAUDE),
    ("old", {"prompt": "Hi", "max_tokens_to_sample": 9}, {"completion": "Hello", "stop_reason": "stop_sequence"}),
    ("nova", {"schemaVersion": "messages-v1", "messages": HI, "system": "Be brief."}, message({"text": "Hello"})),
    ("nova", {"messages": HI}, message({"text": "Hello"})),
    (
        "chat",
        {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9},
        {"id": "c1", "choices": [{"index": 0, "message": {"content": "Hello"}, "stop_reason": "stop"}]},
    ),
    ("titan", {"inputText": "Hi", "textGenerationConfig": {"maxTokenCount": 9}},
     {"inputTextTokenCount": 7, "results": [{"tokenCount": 3, "outputText": "Hello", "completionReason": "FINISH"}]}),
    ("llama", {"prompt": "Hi", "images": ["iVBORw=="]},
     {"generation": "Hello", "prompt_token_count": 7, "generation_token_count": 3, "stop_reason": "stop"}),
    ("mistral", {"prompt": "Hi", "stop": ["END"]}, {"outputs": [{"text": "Hello", "stop_reason": "length"}]}),
    ("cohere", {"prompt": "Hi", "num_generations": 2},
     {"id": "g", "generations": [{"text": "Hello", "finish_reason": "COMPLETE"}, {"text": "Hi"}]}),
    ("command-r", {"message": "Hi", "chat_history": []},
     {"response_id": "r", "text": "Hello", "finish_reason": "COMPLETE"}),
    ("command-r", {"message": "Hi"}, {"generation_id": "r", "text": "Hello", "finish_reason": "COMPLETE"}),
    ("j2", {"prompt": "Hi", "countPenalty": {"scale": 1}, "presencePenalty": {"scale": 1},
            "frequencyPenalty": {"scale": 1}},
     {"id": 1, "completions": [{"data": {"text": "Hello"}, "finishReason": {"reason": "endoftext"}}]}),
    ("deepseek", {"prompt": "Hi"}, {"choices": [{"text": "Hello", "stop_reason": "stop"}]}),
    ("titan-embed", {"inputText": "Hi", "dimensions": 2}, {"embedding": [0.1, 0.2], "inputTextTokenCount": 2}),
    ("cohere-embed", {"texts": ["Hi"], "input_type": "search_query"}, {"id": "e", "embeddings": [[0.1, 0.2]]}),
    ("cohere-embed", {"texts": ["Hi"], "embedding_types": ["float"]}, {"embeddings": {"float": [[0.1, 0.2]]}}),
    ("nova-embed", {"taskType": "SINGLE_EMBEDDING",
                    "singleEmbeddingParams": {"embeddingDimension": 2, "text": {"value": "Hi"}}},
     {"embeddings": [{"embeddingType": "TEXT", "embedding": [0.1, 0.2]}]}),
    ("embed-file", {}, {"embeddings": {}}),
    ("canvas", {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "A cat"},
                "imageGenerationConfig": {"numberOfImages": 2, "seed": 1}}, {"images": ["iVBORw==", "iVBORw=="]}),
    ("sd3", {"prompt": "A cat", "mode": "text-to-image", "taskType": "x"},
     {"images": ["iVBORw=="], "seeds": [1], "finish_reasons": [None]}),
    ("sdxl", {"text_prompts": [{"text": "A cat"}]},
     {"artifacts": [{"base64": "iVBORw==", "finishReason": "CONTENT_FILTERED"}]}),
    ("rerank", {"query": "a", "documents": ["b", "c"], "top_n": 2},
     {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}),
    ("new", {"prompt": "Hi"}, {"words": "Hello"}),
)  # fmt: skip
"""A model's name, what it is asked, and what it answers: one for each language."""


def invoked(on: Stage) -> Any:
    """InvokeModel in every language, with headers that count tokens."""
    headers = {"content-type": "application/json", "x-amzn-bedrock-input-token-count": "7"}
    found: list[Any] = []
    for model, asked, said in ASKED:
        on.queue(f"/model/{model}/invoke", Reply(headers=headers, body=json.dumps(said).encode()))
        reply = on.bedrock.invoke_model(modelId=model, body=json.dumps(asked))
        found.append(json.load(reply["body"]))
    on.queue("/model/file/invoke", answer(["no object"]))
    return found, on.bedrock.invoke_model(modelId="file", body=io.BytesIO(b"{}"))["body"].read()


CHUNKS: tuple[tuple[dict[str, Any], ...], ...] = (
    (
        {"type": "message_start", "message": {**CLAUDE, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
        {"type": "message_stop", **METRICS},
    ),
    (
        {"contentBlockDelta": {"delta": {"text": "Hello"}}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": USAGE}, **METRICS},
    ),
    (
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "stop_reason": None}]},
        {"choices": [{"index": 0, "message": {"content": ""}, "stop_reason": "stop"}], **METRICS},
    ),
    (
        {"event_type": "text-generation", "text": "Hello"},
        {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"text": "Hello"}, **METRICS},
    ),
    (
        {"outputText": "Hel", "index": 0, "inputTextTokenCount": 7},
        {"outputText": "lo", "index": 0, "totalOutputTextTokenCount": 3, "completionReason": "FINISH", **METRICS},
    ),
    ({"generation": "Hello", "prompt_token_count": 7}, {"generation": "", "stop_reason": "stop", **METRICS}),
)
"""The chunks of a stream, one stream for each language."""


def invoked_in_chunks(on: Stage) -> Any:
    """InvokeModelWithResponseStream in every language, and one that says nothing."""
    found: list[Any] = []
    for chunks in (*CHUNKS, ()):
        on.queue(f"/model/{MODEL}/invoke-with-response-stream", eventstream.reply(list(map(eventstream.chunk, chunks))))
        reply = on.bedrock.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps({"prompt": "Hi"}))
        found.append(list(reply["body"]))
    return found


REFERENCE = {
    "content": {"text": "Paris"},
    "location": {"type": "S3", "s3Location": {"uri": "s3://bucket/a"}},
    "metadata": {"page": 1},
}


def searched(on: Stage) -> Any:
    """Knowledge bases, rankings, guardrails."""
    on.queue(
        "/knowledgebases/kb1/retrieve",
        answer({"retrievalResults": [{**REFERENCE, "score": 0.9}, {"documentId": "d2", "content": {"row": []}}]}),
    )
    cited = [{"retrievedReferences": [REFERENCE, REFERENCE]}]
    on.queue("/retrieveAndGenerate", answer({"output": {"text": "Paris"}, "citations": cited, "sessionId": "s1"}))
    on.queue("/retrieveAndGenerateStream", eventstream.reply([
        eventstream.event({"output": {"text": "Par"}}),
        eventstream.event({"output": {"text": "is"}}),
        eventstream.event({"citation": {"retrievedReferences": [REFERENCE]}}),
    ]))  # fmt: skip
    on.queue("/agenticRetrieveStream", eventstream.reply([
        eventstream.event({"responseEvent": {"text": "Paris"}}),
        eventstream.event({"result": {"results": [{"content": {"text": "Paris"}}]}}),
    ]))  # fmt: skip
    ranked = [{"index": 1, "relevanceScore": 0.9}, {"index": 0, "relevanceScore": 0.1}]
    on.queue("/rerank", answer({"results": ranked}))
    on.queue(
        "/guardrail/g1/version/1/apply",
        answer({"action": "GUARDRAIL_INTERVENED", "outputs": [{"text": "no"}], "assessments": []}),
        answer({"action": "NONE", "outputs": [], "assessments": []}),
    )
    on.queue("/guardrail-checks/invoke", answer({"results": {"promptAttack": {"results": []}}}))
    ask = on.agents
    model = "arn:aws:bedrock:us-east-1::foundation-model/m-9"
    base = {
        "type": "KNOWLEDGE_BASE",
        "knowledgeBaseConfiguration": {
            "knowledgeBaseId": "kb1",
            "modelArn": model,
            "retrievalConfiguration": {"vectorSearchConfiguration": {"numberOfResults": 2}},
        },
    }
    source = {"type": "TEXT", "textDocument": {"text": "b"}}
    sources = [{"type": "INLINE", "inlineDocumentSource": source}, {
        "type": "INLINE", "inlineDocumentSource": {"type": "JSON", "jsonDocument": {"c": 1}},
    }]  # fmt: skip
    retriever = {"configuration": {"knowledgeBase": {"knowledgeBaseId": "kb1"}}}
    picture = {"image": {"format": "png", "source": {"bytes": PNG}}}
    return [
        ask.retrieve(
            knowledgeBaseId="kb1",
            retrievalQuery={"text": "Where?"},
            retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": 2}},
            guardrailConfiguration={"guardrailId": "g1", "guardrailVersion": "1"},
        ),
        ask.retrieve_and_generate(input={"text": "Where?"}, retrieveAndGenerateConfiguration=base, sessionId="s1"),
        list(
            ask.retrieve_and_generate_stream(input={"text": "Where?"}, retrieveAndGenerateConfiguration=base)["stream"]
        ),
        list(
            ask.agentic_retrieve_stream(
                agenticRetrieveConfiguration={"foundationModelType": "MANAGED"},
                messages=[{"role": "user", "content": {"text": "Where?"}}],
                retrievers=[retriever],
            )["stream"]
        ),
        ask.rerank(
            queries=[{"type": "TEXT", "textQuery": {"text": "a"}}],
            sources=sources,
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": {"modelConfiguration": {"modelArn": model}, "numberOfResults": 2},
            },
        ),
        on.bedrock.apply_guardrail(
            guardrailIdentifier="g1", guardrailVersion="1", source="INPUT", content=[{"text": {"text": "Hi"}}, picture]
        ),
        on.bedrock.apply_guardrail(
            guardrailIdentifier="g1", guardrailVersion="1", source="OUTPUT", content=[{"text": {"text": "Hi"}}]
        ),
        on.bedrock.invoke_guardrail_checks(messages=HI, checks={}),
    ]


def traced(**kinds: Any) -> bytes:
    """An event of an agent's trace."""
    return eventstream.event({"trace": {"agentId": "a1", "sessionId": "s1", "trace": kinds}})


def orchestrated(**kinds: Any) -> bytes:
    return traced(orchestrationTrace=kinds)


SPENT = {"metadata": {"usage": {"inputTokens": 7, "outputTokens": 3}}}
STEPS = [
    traced(guardrailTrace={"action": "NONE", "traceId": "g"}),
    traced(
        preProcessingTrace={
            "modelInvocationInput": {
                "traceId": "p",
                "text": "Hi",
                "foundationModel": "m-9",
                "inferenceConfiguration": {"topP": 1, "topK": 2, "maximumLength": 9, "stopSequences": ["END"]},
            }
        }
    ),
    traced(
        preProcessingTrace={
            "modelInvocationOutput": {
                "traceId": "p",
                "rawResponse": {"content": "Fine"},
                "reasoningContent": {"reasoningText": {"text": "Hm."}},
                **SPENT,
            }
        }
    ),
    orchestrated(rationale={"traceId": "o", "text": "I add."}),
    orchestrated(
        invocationInput={
            "traceId": "o",
            "invocationType": "ACTION_GROUP",
            "actionGroupInvocationInput": {
                "actionGroupName": "sums",
                "function": "add",
                "invocationId": "i1",
                "parameters": [{"name": "a", "type": "integer", "value": "1"}],
            },
        }
    ),
    orchestrated(observation={"traceId": "o", "type": "ACTION_GROUP", "actionGroupInvocationOutput": {"text": "2"}}),
    orchestrated(
        invocationInput={"traceId": "k", "knowledgeBaseLookupInput": {"knowledgeBaseId": "kb1", "text": "Where?"}}
    ),
    orchestrated(observation={"traceId": "k", "knowledgeBaseLookupOutput": {"retrievedReferences": [REFERENCE]}}),
    orchestrated(invocationInput={"traceId": "c", "codeInterpreterInvocationInput": {"code": "1 / 0"}}),
    orchestrated(observation={"traceId": "c", "codeInterpreterInvocationOutput": {"executionError": "no"}}),
    orchestrated(
        invocationInput={
            "traceId": "f",
            "agentCollaboratorInvocationInput": {"agentCollaboratorName": "friend", "input": {"text": "Help"}},
        }
    ),
    orchestrated(observation={"traceId": "f", "agentCollaboratorInvocationOutput": {"output": {"text": "Here"}}}),
    orchestrated(modelInvocationOutput={"traceId": "lost", **SPENT}),
    orchestrated(observation={"traceId": "x", "type": "FINISH", "finalResponse": {"text": "Hello"}}),
]
ANSWER = [
    eventstream.frame(
        "chunk",
        {
            "bytes": base64.b64encode(b"Hello").decode(),
            "attribution": {"citations": [{"retrievedReferences": [REFERENCE]}]},
        },
    ),
    eventstream.event({"files": {"files": [{"name": "a.csv", "type": "text/csv", "bytes": ""}]}}),
]
CONTROL = eventstream.event(
    {
        "returnControl": {
            "invocationId": "i1",
            "invocationInputs": [
                {
                    "functionInvocationInput": {
                        "actionGroup": "sums",
                        "function": "add",
                        "parameters": [{"name": "a", "type": "integer", "value": "1"}],
                    }
                },
                {
                    "apiInvocationInput": {
                        "actionGroup": "sums",
                        "apiPath": "/add",
                        "httpMethod": "POST",
                        "requestBody": {"content": {"application/json": {"properties": []}}},
                    }
                },
            ],
        }
    }
)


def asked_agents(on: Stage) -> Any:
    """Agents with traces, one made for the call, one that leaves calls to the caller; and a flow."""
    on.queue("/agents/a1/agentAliases/l1/sessions/s1/text", eventstream.reply([*STEPS, *ANSWER]))
    on.queue("/agents/a1/agentAliases/l1/sessions/s1/text", eventstream.reply([CONTROL]))
    on.queue("/agents/s2", eventstream.reply(ANSWER))
    out = {"content": {"document": "done"}, "nodeName": "n", "nodeType": "FlowOutputNode"}
    on.queue("/flows/f1/aliases/l1", eventstream.reply([
        eventstream.event({"flowOutputEvent": out}),
        eventstream.event({"flowOutputEvent": out}),
        eventstream.event({"flowCompletionEvent": {"completionReason": "SUCCESS"}}),
    ]))  # fmt: skip
    who = {"agentId": "a1", "agentAliasId": "l1", "sessionId": "s1"}
    given = {"functionResult": {"actionGroup": "sums", "responseBody": {"TEXT": {"body": "2"}}}}
    return [
        list(on.agents.invoke_agent(**who, inputText="Hi", enableTrace=True)["completion"]),
        list(
            on.agents.invoke_agent(
                **who, sessionState={"invocationId": "i1", "returnControlInvocationResults": [given]}
            )["completion"]
        ),
        list(
            on.agents.invoke_inline_agent(
                sessionId="s2", agentName="helper", foundationModel=MODEL, instruction="Be brief.", inputText="Hi"
            )["completion"]
        ),
        list(
            on.agents.invoke_flow(
                flowIdentifier="f1",
                flowAliasIdentifier="l1",
                inputs=[{"nodeName": "n", "nodeOutputName": "d", "content": {"document": "do"}}],
            )["responseStream"]
        ),
    ]


def passed(on: Stage) -> Any:
    """What asks no model; and a stub's reply, which has no stream."""
    on.queue(f"/model/{MODEL}/count-tokens", answer({"inputTokens": 2}))
    counted = on.bedrock.count_tokens(modelId=MODEL, input={"converse": {"messages": HI}})
    with Stubber(on.agents) as stubber:
        said = {"flowCompletionEvent": {"completionReason": "SUCCESS"}}
        stubber.add_response("invoke_flow", {"responseStream": said})
        return counted, on.agents.invoke_flow(flowIdentifier="f1", flowAliasIdentifier="l1", inputs=[])


SCENARIOS = (conversed, streamed, invoked, invoked_in_chunks, searched, asked_agents, passed)
