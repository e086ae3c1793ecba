"""What a search in a store of vectors is, whichever store: query, top k and filter of it, the documents found.

Vectors are never recorded, but for short ones: their length is. Scores are as the store gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit.sdk.integration import Method, Target
from tracekit_integrations import _request as requests
from tracekit_integrations._values import count, given, items, plain, text

SHORT = 8
"""A vector of so many numbers may still be looked at."""
TEXTS = ("page_content", "content", "text", "document", "chunk_text", "chunk", "body", "passage")
"""The names that programs and frameworks give to the field that holds a document's text."""
Measure = Literal["distance", "similarity"]


def targets(module: str, owner: str, methods: Mapping[str, Method], *, is_async: bool = False) -> list[Target]:
    """The methods of a class, by name; not every supported version has each of them."""
    return [
        Target(module=module, attribute=f"{owner}.{name}", method=method, is_async=is_async, everywhere=False)
        for name, method in methods.items()
    ]


def parameters(call: Call, *names: str) -> dict[str, Any]:
    """The arguments that say something by name; `names` are those of the ones given by place."""
    return given({**dict(zip(names, call.args, strict=False)), **call.kwargs})


def invocation(
    provider: str, source: Any, *, url: str = "", query: Any = None, top_k: Any = None, wanted: Any = None
) -> Invocation:
    """A search.

    Args:
        provider: the store's name.
        source: the collection, index or table that is searched.
        url: where the server is; nothing for a store within the program.
        query: what is looked for: words, a vector, an id, or several of them.
        top_k: how many documents are wanted.
        wanted: the filter.
    """
    made = requests.invocation(semconv.RETRIEVAL, provider, url, name=text(source))
    known = {
        semconv.DATA_SOURCE_ID: text(source),
        semconv.REQUEST_TOP_K: count(top_k),
        semconv.EMBEDDINGS_DIMENSION_COUNT: dimensions(query),
    }
    made.attributes.update({name: value for name, value in known.items() if value is not None})
    if query is not None:
        made.content[semconv.RETRIEVAL_QUERY if isinstance(query, str) else semconv.INPUT] = shown(query, (int, float))
    if wanted is not None:
        made.content[semconv.RETRIEVAL_FILTER] = plain(wanted)
    return made


def measured(made: Invocation, measure: Measure | None) -> Invocation:
    """A search whose caller says what the scores are to be."""
    if measure is not None:
        made.attributes[semconv.RETRIEVAL_SCORE] = measure
    return made


def one_or_all(values: Any) -> Any:
    """What a list of one holds; a longer one as it is."""
    listed = values if hasattr(values, "shape") else items(values)
    return listed[0] if len(listed) == 1 else values


def dimensions(value: Any) -> int | None:
    """The length of a vector, or of the first of several; None of anything else."""
    axes = getattr(value, "ndim", None)
    if axes is not None:
        return value.shape[-1] if axes else None
    listed = items(value)
    if not listed:
        of_pgvector = hasattr(value, "dimensions") and hasattr(value, "to_list")
        return value.dimensions() if of_pgvector else None
    if _is_number(listed[0], (int, float)):
        return len(listed)
    return None if isinstance(listed[0], str) else dimensions(listed[0])


def shown(value: Any, numbers: tuple[type, ...] = (float,)) -> Any:
    """The value as JSON data, with a word in the place of each vector that is not short; `numbers` make a vector."""
    value = plain(value)
    if isinstance(value, Mapping):
        return {name: shown(inner, numbers) for name, inner in value.items()}
    length = dimensions(value)
    if length is None or (isinstance(value, list) and not _is_number(value[0], numbers)):
        return [shown(inner, numbers) for inner in value] if isinstance(value, list) else value
    if getattr(value, "ndim", 1) > 1:
        return [shown(row, numbers) for row in value]
    if length > SHORT:
        return f"[{length} dimensions]"
    return _listed(value)


def _is_number(value: Any, numbers: tuple[type, ...]) -> bool:
    """A number, also one of an array's."""
    return isinstance(value, numbers) or getattr(value, "ndim", None) == 0


def _listed(vector: Any) -> Any:
    """The numbers of a list, of an array, or of a type of pgvector's."""
    if isinstance(vector, list):
        return [each.item() if hasattr(each, "item") else each for each in vector]
    return vector.tolist() if hasattr(vector, "tolist") else vector.to_list()


def document(identity: Any, score: Any, fields: Mapping[str, Any] | None = None, content: Any = None) -> dict[str, Any]:
    """A document that was found. Its content is that of a field named so, where the store keeps it among the fields."""
    rest = dict(fields or {})
    if content is None:
        name = next((each for each in TEXTS if text(rest.get(each)) is not None), None)
        content = None if name is None else rest.pop(name)
    found: dict[str, Any] = {
        "id": None if identity is None else str(identity),
        "score": None if score is None else float(score),
    }
    if content is not None:
        found["content"] = plain(content)
    if rest:
        found["metadata"] = shown(rest)
    return found


def response(replies: Sequence[Iterable[dict[str, Any]]], measure: Measure | None = None) -> Response:
    """The documents of each query, best first; those of several say which `query` they answer, by its place."""
    found = [
        found if len(replies) == 1 else {**found, "query": place}
        for place, reply in enumerate(replies)
        for found in reply
    ]
    made = Response(content={semconv.RETRIEVAL_DOCUMENTS: found})
    if measure is not None:
        made.attributes[semconv.RETRIEVAL_SCORE] = measure
    return made
