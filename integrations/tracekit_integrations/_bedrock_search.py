"""Knowledge bases, rankings and guardrails: what is looked for, what is found, what is let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations import _bedrock_content as contents
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_request import guarded, identified, invocation, parameters_of, put
from tracekit_integrations._request import whole
from tracekit_integrations._values import get, items, plain, text


def retrieve_request(call: Call) -> Invocation:
    """A call of Retrieve."""
    parameters = parameters_of(call)
    made = lookup(call, parameters.get("knowledgeBaseId"), get(parameters.get("retrievalQuery"), "text"))
    guarded(made, parameters.get("guardrailConfiguration"), "guardrailId")
    wanted = parameters.get("retrievalConfiguration") or {}
    put(made.attributes, RETRIEVAL_TOP_K=_wanted(wanted))
    return made


def lookup(call: Call, base: Any, query: Any, **known: Any) -> Invocation:
    """A search in a knowledge base."""
    made = invocation(call, semconv.RETRIEVAL, name=text(base), **known)
    made.content[semconv.RETRIEVAL_QUERY] = query
    put(made.attributes, BEDROCK_KNOWLEDGE_BASE_ID=text(base), DATA_SOURCE_ID=text(base))
    return made


def _wanted(configuration: Mapping[str, Any]) -> int | None:
    """How many results were asked for, of whatever kind of search."""
    return next((whole(get(search, "numberOfResults")) for search in configuration.values()), None)


def retrieve_response(reply: Any) -> Response:
    """The documents, best first."""
    return identified(found(items(get(reply, "retrievalResults"))), reply)


def found(results: Any) -> Response:
    """A response with these documents; each once, where several parts of a text refer to it."""
    made = Response()
    documents = [document(each) for each in results]
    made.content[semconv.RETRIEVAL_DOCUMENTS] = [
        each for place, each in enumerate(documents) if each not in documents[:place]
    ] or None
    return made


def document(result: Any) -> dict[str, Any]:
    """A result with its id, or the place that it stands at."""
    content, metadata = get(result, "content"), get(result, "metadata") or {}
    where = next((_place(held) for held in (get(result, "location") or {}).values() if isinstance(held, dict)), None)
    said = {
        "id": text(get(result, "documentId")) or metadata.get("x-amz-bedrock-kb-chunk-id") or where,
        "score": get(result, "score"),
        "content": next((plain(said) for name in ("text", "row", "byteContent") if (said := get(content, name))), None),
        "metadata": plain({**metadata, "location": where} if where else metadata) or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _place(location: Mapping[str, Any]) -> str | None:
    return next((held for held in location.values() if text(held)), None)


def generate_request(call: Call) -> Invocation:
    """A call of RetrieveAndGenerate, whole or streamed: a search, and an answer out of what it finds."""
    parameters = parameters_of(call)
    configuration = parameters.get("retrieveAndGenerateConfiguration") or {}
    kinds = ("knowledgeBaseConfiguration", "externalSourcesConfiguration")
    how = next((configuration[kind] for kind in kinds if kind in configuration), {})
    asked = get(parameters.get("input"), "text")
    made = lookup(call, how.get("knowledgeBaseId"), asked, request_model=text(how.get("modelArn")))
    guarded(made, get(how.get("generationConfiguration"), "guardrailConfiguration"), "guardrailId")
    put(
        made.attributes,
        RETRIEVAL_TOP_K=_wanted(how.get("retrievalConfiguration") or {}),
        CONVERSATION_ID=text(parameters.get("sessionId")),
    )
    return made


def generate_response(reply: Any) -> Response:
    """The answer, and the documents that it refers to."""
    told = [each for citation in items(get(reply, "citations")) for each in items(get(citation, "retrievedReferences"))]
    return identified(_answered([get(get(reply, "output"), "text")], told), reply)


def _answered(words: list[Any], references: list[Any]) -> Response:
    made = found(references)
    answer = "".join(filter(None, words))
    made.output_messages = [parts.reply([parts.text_part(answer)], parts.UNKNOWN)] if answer else None
    return made


def agentic_request(call: Call) -> Invocation:
    """A call of AgenticRetrieveStream: a conversation, and the knowledge bases that may be looked into."""
    parameters = parameters_of(call)
    asked = [get(get(message, "content"), "text") for message in items(parameters.get("messages"))]
    bases = [
        get(get(get(each, "configuration"), "knowledgeBase"), "knowledgeBaseId")
        for each in items(parameters.get("retrievers"))
    ]
    return lookup(call, ",".join(filter(None, bases)), asked[-1] if asked else None)


class Accumulator:
    """A streamed answer so far, and what it refers to."""

    def __init__(self) -> None:
        self._words: list[Any] = []
        self._references: list[Any] = []

    def add(self, event: Any, /) -> None:
        """Take one event."""
        said, cited, result = get(event, "output"), get(event, "citation"), get(event, "result")
        self._words.append(get(said or get(event, "responseEvent"), "text"))
        self._references.extend(items(get(cited, "retrievedReferences") or get(result, "results")))

    def response(self) -> Response:
        """The answer as far as it has come."""
        return _answered(self._words, self._references)


def rerank_request(call: Call) -> Invocation:
    """A call of Rerank: the query is the span's input."""
    parameters = parameters_of(call)
    how = get(parameters.get("rerankingConfiguration"), "bedrockRerankingConfiguration")
    model = text(get(get(how, "modelConfiguration"), "modelArn"))
    made = invocation(call, semconv.RERANK, request_model=model)
    queries = [get(get(query, "textQuery"), "text") for query in items(parameters.get("queries"))]
    made.content[semconv.RETRIEVAL_QUERY] = queries[0] if len(queries) == 1 else queries
    put(made.attributes, RETRIEVAL_TOP_K=whole(get(how, "numberOfResults")))
    return made


def rerank_response(call: Call, reply: Any) -> Response:
    """Documents, best first, with their scores. The reply numbers them; what they say stands in the request."""
    sources = items(parameters_of(call).get("sources"))
    made = Response()
    ranked = [_ranked(each, sources) for each in items(get(reply, "results"))]
    made.content[semconv.RETRIEVAL_DOCUMENTS] = ranked or None
    return identified(made, reply)


def _ranked(result: Any, sources: Any) -> dict[str, Any]:
    index = get(result, "index")
    source = get(sources[index], "inlineDocumentSource")
    content = get(get(source, "textDocument"), "text") or plain(get(source, "jsonDocument"))
    return {"id": str(index), "score": get(result, "relevanceScore"), "content": content}


def guardrail_request(call: Call) -> Invocation:
    """A call of ApplyGuardrail: what is judged is the span's input."""
    parameters = parameters_of(call)
    made = invocation(call, semconv.MODERATE, name=text(parameters.get("guardrailIdentifier")))
    guarded(made, parameters)
    _judges(made, items(parameters.get("content")))
    return made


def checks_request(call: Call) -> Invocation:
    """A call of InvokeGuardrailChecks, which needs no guardrail of one's own."""
    made = invocation(call, semconv.MODERATE)
    made.input_messages = contents.messages(parameters_of(call).get("messages"))
    return made


def _judges(made: Invocation, content: Any) -> None:
    shown = [contents.guarded(each) for each in content]
    made.content[semconv.INPUT] = shown[0].get("content") if len(shown) == 1 and shown[0]["type"] == "text" else shown


def guardrail_response(reply: Any) -> Response:
    """The verdict is the span's output: the action, why, and what was put in the place of what was stopped."""
    made = Response()
    told = ("action", "actionReason", "outputs", "assessments", "results")
    made.content[semconv.OUTPUT] = {name: plain(get(reply, name)) for name in told if get(reply, name) is not None}
    return identified(made, reply)
