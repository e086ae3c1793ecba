"""The nouns: what an integration says of a call, what the wire says of a span, what the store keeps of it.

Messages and parts are plain dictionaries in the exact shape of the GenAI conventions' JSON schemas (v1.41), typed here:
they are the wire form, so that nothing between a client's reply and the journal converts them a second time.
No logic beyond construction lives here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, Required, TypedDict

AttributeValue = str | bool | int | float | Sequence[str] | Sequence[bool] | Sequence[int] | Sequence[float]

Kind = Literal[
    "llm",
    "embedding",
    "tool",
    "agent",
    "chain",
    "retriever",
    "reranker",
    "guardrail",
    "evaluator",
    "prompt",
    "other",
]
KINDS: tuple[Kind, ...] = (
    "llm", "embedding", "tool", "agent", "chain", "retriever", "reranker", "guardrail", "evaluator", "prompt", "other",
)  # fmt: skip

DEFAULT_PROJECT = "default"

Outcome = Literal["complete", "partial", "cancelled", "abandoned", "interrupted"]
Status = Literal["ok", "error", "unset"]


class Part(TypedDict, total=False):
    """One piece of a message. `type` decides which keys are there; unknown types are carried as they came.

    text, reasoning: `content`; `refusal` is true on the text of a model that declined, `redacted` on thoughts that the
    provider keeps to itself. tool_call: `id`, `name`, `arguments` (decoded). tool_call_response: `id`, `response`;
    `is_error` is true where the tool failed. server_tool_call: `id`, `name`, `server_tool_call`.
    server_tool_call_response: `id`, `server_tool_call_response`. blob: `modality`, `mime_type`, `content` (base64), of
    sound also `transcript`. uri: `modality`, `uri`, `mime_type`. file: `modality`, `file_id`.
    """

    type: Required[str]
    content: Any
    refusal: bool
    redacted: bool
    is_error: bool
    transcript: str
    server_tool_call: Any
    server_tool_call_response: Any
    id: str | None
    name: str
    arguments: Any
    response: Any
    modality: str
    mime_type: str | None
    uri: str
    file_id: str


class Message(TypedDict):
    """A chat message in the convention's shape. `finish_reason` stands on output messages only, and always there."""

    role: str
    parts: list[Part]
    name: NotRequired[str]
    finish_reason: NotRequired[str]


@dataclass(slots=True, kw_only=True)
class Usage:
    """Tokens of one provider response. None is unknown, never 0.

    `input_tokens` is the total with cached tokens inside; `output_tokens` the total with reasoning inside; the others
    are subsets of these two.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(slots=True, kw_only=True)
class Invocation:
    """What is known of a call before it is sent: one of these is all that an integration may produce.

    `attributes` holds further request attributes by their semantic-convention name (temperature, max_tokens, ...). A
    step that the conventions have no operation for has none, and is a chain.
    """

    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    name: str | None = None
    title: str | None = None
    """The span's whole name, where that is not made of operation and name or model."""
    side: Literal["client", "server"] | None = None
    """Which end of a request it is, where the operation does not tell: the program's own work, or another's."""
    stream: bool = False
    tags: list[str] | None = None
    """What the caller calls it, added to the tags that `context()` has put in force."""
    server_address: str | None = None
    server_port: int | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    system_instructions: list[Part] | None = None
    input_messages: list[Message] | None = None
    tool_definitions: list[dict[str, Any]] | None = None
    content: dict[str, Any] = field(default_factory=dict[str, Any])
    """Further content by attribute name (an embedding's inputs): captured only where content is."""


@dataclass(slots=True, kw_only=True)
class Response:
    """What a provider's reply adds to an `Invocation`."""

    response_model: str | None = None
    response_id: str | None = None
    finish_reasons: list[str] | None = None
    usage: Usage | None = None
    output_messages: list[Message] | None = None
    failure: str | None = None
    """What went wrong, in words, where the reply tells of an error and no exception does; its type is among the
    attributes."""
    attributes: dict[str, AttributeValue] = field(default_factory=dict[str, AttributeValue])
    content: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, frozen=True, kw_only=True)
class Call:
    """One call of a patched method as the patch sees it: the object, and the arguments as given."""

    instance: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


class Accumulator(Protocol):
    """Collects the chunks of one streamed reply."""

    def add(self, chunk: Any, /) -> None:
        """Take one chunk, as the client's own stream object yields it."""
        ...

    def response(self) -> Response:
        """What the chunks seen so far amount to; may be called before the stream has ended."""
        ...


@dataclass(slots=True, kw_only=True)
class RawSpan:
    """A span as it came in, from a journal record or an OTLP request, before any dialect is understood.

    Times are Unix nanoseconds; `end_ns` is None while the span is open. `kind` is OTLP's number (1 internal, 3 client),
    `status_code` OTLP's (0 unset, 1 ok, 2 error). Attribute values are JSON values.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: int = 1
    start_ns: int
    end_ns: int | None = None
    status_code: int = 0
    status_message: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    links: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    logs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Log records of this span, in the shape of its events (`name`, `time_ns`, `attributes`) with a `body`: some
    emitters say in logs what others say in events."""
    resource: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope_name: str | None = None
    scope_version: str | None = None


@dataclass(slots=True, kw_only=True)
class RawLog:
    """A log record as it came in an OTLP request.

    Ids are hex text, None where the record names no span or the id cannot be one. Times are Unix nanoseconds, None
    where not given. `severity` is the emitter's word, else the name of `severity_number`; `body` and attribute values
    are JSON values.
    """

    trace_id: str | None = None
    span_id: str | None = None
    time_ns: int | None = None
    observed_ns: int | None = None
    event_name: str | None = None
    severity: str | None = None
    severity_number: int | None = None
    body: Any = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    resource: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope_name: str | None = None
    scope_version: str | None = None


MetricKind = Literal["gauge", "sum", "histogram", "exponential_histogram", "summary"]


@dataclass(slots=True, kw_only=True)
class RawMetricPoint:
    """One data point of a metric as it came in an OTLP request.

    Times are Unix nanoseconds, None where not given. A gauge or sum has a `value`; the other kinds have `count`, `sum`
    and `buckets`: of a histogram `bounds` (upper ones, inclusive, in the metric's unit) and `counts` (one more than
    those); of an exponential one `scale`, `zero_count`, `zero_threshold`, `positive` and `negative`, each with `offset`
    and `counts`; of a summary `quantiles`, each with `quantile` (0 to 1) and `value`. `exemplars` have `time_ns`,
    `value`, `trace_id`, `span_id` and `attributes`.
    """

    name: str
    description: str | None = None
    unit: str | None = None
    kind: MetricKind
    temporality: Literal["delta", "cumulative"] | None = None
    monotonic: bool | None = None
    start_ns: int | None = None
    time_ns: int | None = None
    value: float | None = None
    count: int | None = None
    sum: float | None = None
    min: float | None = None
    max: float | None = None
    buckets: dict[str, Any] | None = None
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    exemplars: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    resource: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope_name: str | None = None
    scope_version: str | None = None


@dataclass(slots=True, kw_only=True)
class Span:
    """A span in canonical form: a row of the `spans` view, column for column. None is unknown."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    project: str | None = None
    service: str | None = None
    name: str = ""
    kind: Kind = "other"
    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    model: str | None = None
    start_ns: int = 0
    end_ns: int | None = None
    ttft_ms: float | None = None
    status: Status = "unset"
    status_message: str | None = None
    error_type: str | None = None
    outcome: Outcome | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    usage_details: dict[str, int] | None = None
    """Further parts of input and output by name, those that are there: `input_audio_tokens`, `input_image_tokens`,
    `input_video_tokens`, the same of `output_`, `cache_audio_read_tokens`, `cache_image_read_tokens`,
    `cache_write_1h_tokens`."""
    usage_fault: str | None = None
    """What in the usage contradicts itself, or the cost that the emitter names: one clause for each, joined by "; "."""
    service_tier: str | None = None
    """What the provider's price may depend on: default, flex, priority, batch, ..."""
    counted: bool = False
    """Whether this span owns its usage, as far as it can tell by itself. The store decides: it sees the whole trace."""
    cost_usd: float | None = None
    """What the usage that this span tells of cost, owned or not."""
    price_source: str | None = None
    """Which price list `cost_usd` comes from, with its version."""
    given_cost_usd: float | None = None
    """What the emitter says that this span cost, in USD; kept beside ours and compared, never summed."""
    session_id: str | None = None
    user_id: str | None = None
    tags: list[str] | None = None
    finish_reasons: list[str] | None = None
    response_id: str | None = None
    system_instructions: list[Any] | None = None
    input_messages: list[Any] | None = None
    output_messages: list[Any] | None = None
    tool_definitions: list[Any] | None = None
    input: Any = None
    output: Any = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    tool_arguments: Any = None
    tool_result: Any = None
    documents: list[Any] | None = None
    scope_name: str | None = None
    scope_version: str | None = None
    dialect: str | None = None
    raw_kind: int | None = None
    """OTLP's number; `kind` is what became of it. This and the next two are kept with the row, to derive it anew."""
    raw_status: int | None = None
    """OTLP's number; `status` is what became of it."""
    derivation: int | None = None
    """Which version of the dialects made this of the raw span."""
    journal: str | None = None
    """The journal that this comes from. This and the next are no columns of the view, and mean nothing elsewhere."""
    record: int | None = None
    """The number of the record in it, as the journal's process counts."""
    promoted: dict[str, str] = field(default_factory=dict[str, str])
    """Fields whose value is, unchanged, what an attribute says, each with that attribute's name: the store need not
    keep it twice. Not a column of the view."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    links: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    resource: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, frozen=True, kw_only=True)
class Score:
    """A judgement on a trace, a span of it, or a session. `value` is None for a label that has no number.

    One on a session has no `trace_id`; every other has one and no `session_id`.
    """

    trace_id: str | None
    span_id: str | None
    name: str
    value: float | None
    label: str | None = None
    source: str = "code"
    comment: str | None = None
    created_ns: int
    session_id: str | None = None
