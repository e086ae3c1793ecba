"""The tables against the conventions' own model, and the judgement against their schemas and on recorded emitters."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support import corpus
from tracekit import semconv as sc
from tracekit.dialects import canonical
from tracekit.model import RawSpan
from tracekit.otlp import decode
from tracekit.query import convention
from tracekit.query.conformance import judge

MODEL = "semconv-genai-v1.41"
GROUPS = {
    "chat": "span.gen_ai.inference.client",
    "text_completion": "span.gen_ai.inference.client",
    "generate_content": "span.gen_ai.inference.client",
    "embeddings": "span.gen_ai.embeddings.client",
    "retrieval": "span.gen_ai.retrieval.client",
    "create_agent": "span.gen_ai.create_agent.client",
    "invoke_agent": "span.gen_ai.invoke_agent.internal",
    "execute_tool": "span.gen_ai.execute_tool.internal",
    "invoke_workflow": "span.gen_ai.invoke_workflow.internal",
}
TYPES = {
    "string": convention.TEXT,
    "int": convention.WHOLE,
    "double": convention.NUMBER,
    "boolean": convention.FLAG,
    "string[]": convention.TEXTS,
}
SCHEMAS = {
    sc.INPUT_MESSAGES: "input-messages",
    sc.OUTPUT_MESSAGES: "output-messages",
    sc.SYSTEM_INSTRUCTIONS: "system-instructions",
    sc.TOOL_DEFINITIONS: "tool-definitions",
    sc.RETRIEVAL_DOCUMENTS: "retrieval-documents",
}
needs_corpus = pytest.mark.skipif(not corpus.files(f"{MODEL}/*"), reason="the conventions' model is not here")


@cache
def model(name: str) -> list[dict[str, Any]]:
    [path] = corpus.files(f"{MODEL}/{name}.yaml")
    corpus.ran(path)
    return yaml.safe_load(path.read_text())["groups"]


def levels(group: str) -> dict[str, str]:
    """Attributes of a group with their requirement level, inherited ones included."""
    [found] = [each for each in model("gen-ai__spans") if each["id"] == group]
    inherited = levels(found["extends"]) if "extends" in found else {}
    own = {
        each["ref"]: min(
            [each["requirement_level"]] if isinstance(each["requirement_level"], str) else each["requirement_level"]
        )
        for each in found.get("attributes", ())
        if "requirement_level" in each
    }
    return inherited | own


@needs_corpus
@pytest.mark.parametrize("operation", convention.OPERATIONS)
def test_the_tables_say_what_the_model_says(operation: str) -> None:
    wanted, said = convention.OPERATIONS[operation], levels(GROUPS[operation])
    assert set(wanted.required) == {name for name, level in said.items() if level == "required"}
    for name in (*wanted.recommended, *wanted.answers):
        assert said[name] in {"recommended", "conditionally_required"}, name


@needs_corpus
def test_types_and_well_known_values_are_the_registrys() -> None:
    attributes = {each["id"]: each["type"] for group in model("gen-ai__registry") for each in group["attributes"]}
    for name, kind in convention.TYPES.items():
        if name in attributes and isinstance(attributes[name], str):
            assert TYPES[attributes[name]] == kind, name
    for name in (sc.OPERATION, sc.PROVIDER, sc.OUTPUT_TYPE):
        assert {member["value"] for member in attributes[name]["members"]} == convention.VALUES[name]


@needs_corpus
def test_whatever_a_schema_refuses_is_found() -> None:
    checked = 0
    for path in corpus.files("otlp-samples/*/*/traces-*.pb"):
        for raw in decode.traces(path.read_bytes(), json=False):
            for name, schema in SCHEMAS.items():
                if name in raw.attributes:
                    data = json.loads(raw.attributes[name])
                    for broken in (data, *broken_in(data)):
                        found = shapes({name: json.dumps(broken)})
                        assert found or validator(schema).is_valid(broken), (path, name, broken)
                        checked += 1
        corpus.ran(path)
    assert checked > 100


def broken_in(data: Any) -> list[Any]:
    """The same with a member missing, or of another type, one after the other."""
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        return [{}, "text", [7]]
    return [
        *([{key: value for key, value in data[0].items() if key != gone}] for gone in data[0]),
        *([{**data[0], changed: None}] for changed in data[0]),
        *([{**data[0], changed: 7}] for changed in data[0] if changed != "name"),
    ]


@cache
def validator(name: str) -> Draft202012Validator:
    [path] = corpus.files(f"{MODEL}/gen-ai-{name}.json")
    return Draft202012Validator(json.loads(path.read_text()))


def span(said: dict[str, Any], **fields: Any) -> RawSpan:
    return RawSpan(
        trace_id="1" * 32, span_id="2" * 16, parent_span_id=None, start_ns=1, end_ns=2,
        **{"name": "chat m", "attributes": said, **fields},
    )  # fmt: skip


def shapes(said: dict[str, Any]) -> list[str]:
    return [finding.says for finding in judge(canonical(span(said))) if finding.level == "shape"]


WHOLE = {
    sc.OPERATION: "chat",
    sc.PROVIDER: "openai",
    sc.REQUEST_MODEL: "m",
    sc.SERVER_ADDRESS: "api.openai.com",
    sc.SERVER_PORT: 443,
    sc.RESPONSE_ID: "r",
    sc.RESPONSE_MODEL: "m-1",
    sc.RESPONSE_FINISH_REASONS: ["stop"],
    sc.USAGE_INPUT_TOKENS: 1,
    sc.USAGE_OUTPUT_TOKENS: 1,
    sc.OUTPUT_MESSAGES: '[{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]',
}


@pytest.mark.parametrize(
    ("change", "fields", "level", "says"),
    [
        ({sc.OPERATION: None}, {}, "required", "gen_ai.operation.name is missing"),
        ({sc.PROVIDER: None}, {}, "required", "gen_ai.provider.name is missing"),
        ({}, {"status_code": 2}, "required", "error.type is missing on a span that failed"),
        ({sc.RESPONSE_ID: None}, {}, "recommended", "gen_ai.response.id is missing"),
        ({sc.SERVER_PORT: None}, {}, "recommended", "server.port is missing beside server.address"),
        ({sc.USAGE_INPUT_TOKENS: "1"}, {}, "type", "gen_ai.usage.input_tokens is not a whole number"),
        ({sc.RESPONSE_FINISH_REASONS: "stop"}, {}, "type", "gen_ai.response.finish_reasons is not a list of texts"),
        ({sc.PROVIDER: "acme"}, {}, "value", "gen_ai.provider.name is 'acme', which is no well-known value"),
        ({sc.SYSTEM_OLD: "openai"}, {}, "renamed", "gen_ai.system is gen_ai.provider.name now"),
        ({}, {"name": "ChatOpenAI"}, "name", "the span's name is not {gen_ai.operation.name} {gen_ai.request.model}"),
        ({sc.OUTPUT_MESSAGES: '[{"role":"assistant","parts":[{"type":"text"}],"finish_reason":"stop"}]'}, {}, "shape",
         "gen_ai.output.messages: a part of type text has no content"),
        ({sc.INPUT_MESSAGES: "hello"}, {}, "shape", "gen_ai.input.messages is not a JSON list"),
    ],
)  # fmt: skip
def test_each_kind_of_finding_is_found(change: dict[str, Any], fields: dict[str, Any], level: str, says: str) -> None:
    said = {name: value for name, value in {**WHOLE, **change}.items() if value is not None}
    [finding] = judge(canonical(span(said, **fields)))
    assert (finding.level, finding.says) == (level, says)


def test_a_span_that_says_all_has_no_finding() -> None:
    assert list(judge(canonical(span(WHOLE)))) == []


def test_an_error_need_not_tell_of_an_answer() -> None:
    said = {name: WHOLE[name] for name in (sc.OPERATION, sc.PROVIDER, sc.REQUEST_MODEL)}
    said |= {sc.ERROR_TYPE: "timeout", sc.SERVER_ADDRESS: "a", sc.SERVER_PORT: 1}
    assert list(judge(canonical(span(said, status_code=2)))) == []
