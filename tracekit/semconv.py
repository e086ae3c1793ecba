"""Every attribute, event and metric name, once; vendors' in `semconv_vendors`. No literal of one stands elsewhere.

OpenTelemetry GenAI semantic conventions v1.41 unless a line says otherwise. Not imported from
opentelemetry-semantic-conventions: its GenAI names are unstable and move between releases that we must all run beside.
"""

from __future__ import annotations

from typing import Final

# Operation and client
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
SYSTEM_OLD: Final = "gen_ai.system"  # before v1.37
CONVERSATION_ID: Final = "gen_ai.conversation.id"
OUTPUT_TYPE: Final = "gen_ai.output.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"

# Request
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_TOP_P: Final = "gen_ai.request.top_p"
REQUEST_TOP_K: Final = "gen_ai.request.top_k"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
REQUEST_PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
REQUEST_STOP_SEQUENCES: Final = "gen_ai.request.stop_sequences"
REQUEST_CHOICE_COUNT: Final = "gen_ai.request.choice.count"
REQUEST_SEED: Final = "gen_ai.request.seed"
REQUEST_ENCODING_FORMATS: Final = "gen_ai.request.encoding_formats"
REQUEST_REASONING_LEVEL: Final = "gen_ai.request.reasoning.level"
REQUEST_PREVIOUS_RESPONSE_ID: Final = "gen_ai.request.previous_response.id"
EMBEDDINGS_DIMENSION_COUNT: Final = "gen_ai.embeddings.dimension.count"

# Response
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds

# Usage: input is the total with cached inside, output the total with reasoning inside
USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"  # the conventions' new home
USAGE_CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"  # v1.41
USAGE_CACHE_READ_OLD: Final = "gen_ai.usage.cache_read_input_tokens"  # before they had a name
USAGE_CACHE_CREATION_OLD: Final = "gen_ai.usage.cache_creation_input_tokens"  # before they had a name
USAGE_CACHE_WRITE_OLD: Final = "gen_ai.usage.cache_write_input_tokens"  # before they had a name
USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"
USAGE_PROMPT_TOKENS_OLD: Final = "gen_ai.usage.prompt_tokens"  # before v1.27
USAGE_COMPLETION_TOKENS_OLD: Final = "gen_ai.usage.completion_tokens"  # before v1.27
USAGE_TOTAL: Final = "gen_ai.usage.total_tokens"  # in no version; many emit it

# Content
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
RETRIEVAL_TOP_K: Final = "gen_ai.retrieval.top_k"  # the conventions' new home
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
MEMORY_QUERY: Final = "gen_ai.memory.query.text"  # the conventions' new home
MEMORY_RECORDS: Final = "gen_ai.memory.records"  # the conventions' new home
PROMPT_NAME: Final = "gen_ai.prompt.name"
PROMPT_VERSION: Final = "gen_ai.prompt.version"

# Tools, agents, workflows, data sources
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_ID: Final = "gen_ai.agent.id"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
DATA_SOURCE_ID: Final = "gen_ai.data_source.id"

# Evaluation: attributes of its event
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

# MCP
MCP_METHOD: Final = "mcp.method.name"
MCP_PROTOCOL_VERSION: Final = "mcp.protocol.version"
MCP_RESOURCE_URI: Final = "mcp.resource.uri"
JSONRPC_REQUEST_ID: Final = "jsonrpc.request.id"

# OpenAI's own
OPENAI_API_TYPE: Final = "openai.api.type"
OPENAI_REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"
OPENAI_RESPONSE_SERVICE_TIER: Final = "openai.response.service_tier"
OPENAI_REQUEST_SERVICE_TIER_OLD: Final = "gen_ai.openai.request.service_tier"  # before v1.37
OPENAI_RESPONSE_SERVICE_TIER_OLD: Final = "gen_ai.openai.response.service_tier"  # before v1.37
OPENAI_RESPONSE_SYSTEM_FINGERPRINT: Final = "openai.response.system_fingerprint"

# Anthropic's own: the names that its client gives them
ANTHROPIC_STOP_REASON: Final = "anthropic.message.stop_reason"
ANTHROPIC_BATCH_ID: Final = "anthropic.message.batch.id"
ANTHROPIC_BATCH_CUSTOM_ID: Final = "anthropic.message.batch.custom_id"  # its client has none
ANTHROPIC_REQUEST_SERVICE_TIER: Final = "anthropic.request.service_tier"
ANTHROPIC_RESPONSE_SERVICE_TIER: Final = "anthropic.response.service_tier"
ANTHROPIC_RESPONSE_SPEED: Final = "anthropic.response.speed"  # its client has none; said where it is not standard
ANTHROPIC_CACHE_WRITE_5M: Final = "anthropic.usage.cache_creation.ephemeral_5m_input_tokens"
ANTHROPIC_CACHE_WRITE_1H: Final = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"

# AWS's own
AWS_REQUEST_ID: Final = "aws.request_id"
BEDROCK_GUARDRAIL_ID: Final = "aws.bedrock.guardrail.id"
BEDROCK_GUARDRAIL_VERSION: Final = "aws.bedrock.guardrail.version"  # in no version; this and the next two
BEDROCK_REQUEST_SERVICE_TIER: Final = "aws.bedrock.request.service_tier"
BEDROCK_RESPONSE_SERVICE_TIER: Final = "aws.bedrock.response.service_tier"
BEDROCK_KNOWLEDGE_BASE_ID: Final = "aws.bedrock.knowledge_base.id"

# Resource and general
SERVICE_NAME: Final = "service.name"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
PROJECT: Final = "tracekit.project"  # resource attribute

# tracekit's own, where the conventions have no name
SCOPE: Final = "tracekit"  # the instrumentation scope of every span that our SDK makes
KIND: Final = "tracekit.kind"  # absent on a span of the scope "tracekit" that has no operation: chain
INPUT: Final = "tracekit.input"
OUTPUT: Final = "tracekit.output"
OUTCOME: Final = "tracekit.outcome"
SAMPLE_RATIO: Final = "tracekit.sample_ratio"  # on the first span of a trace: the share of such traces that is recorded
OUTPUT_OMITTED: Final = "tracekit.output.omitted"  # yielded items beyond those kept
CONTENT_SHED: Final = "tracekit.content.shed"  # which setting left the content of a call out
TAGS: Final = "tracekit.tags"
METADATA_PREFIX: Final = "tracekit.metadata."
FAULT: Final = "tracekit.fault"  # why a span is kept raw, or what in it could not be kept as it came
TIME_TO_LAST_CHUNK: Final = "tracekit.time_to_last_chunk"  # seconds
EVAL_SUITE: Final = "tracekit.eval.suite"  # on the first span of a trace in which a row of a suite was answered
EVAL_ROW: Final = "tracekit.eval.row"  # the id of that row
EVAL_TRIAL: Final = "tracekit.eval.trial"
RETRIEVAL_FILTER: Final = "tracekit.retrieval.filter"  # content: what documents had to be like to be found
EVALUATED_TRACE: Final = "tracekit.evaluation.trace_id"  # on a root span of an evaluation: the trace that was judged
RETRIEVAL_SCORE: Final = "tracekit.retrieval.score"  # what the documents' scores are: distance or similarity

# Operations
CHAT: Final = "chat"
TEXT_COMPLETION: Final = "text_completion"
GENERATE_CONTENT: Final = "generate_content"
EMBEDDINGS: Final = "embeddings"
RETRIEVAL: Final = "retrieval"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"
CREATE_AGENT: Final = "create_agent"
INVOKE_WORKFLOW: Final = "invoke_workflow"
FETCH_RESPONSE: Final = "fetch_response"  # the conventions' new home
PLAN: Final = "plan"  # the conventions' new home
SEARCH_MEMORY: Final = "search_memory"  # the conventions' new home
# Operations the conventions do not name yet; the pattern is theirs: the verb, then the noun
GENERATE_IMAGE: Final = "generate_image"
GENERATE_SPEECH: Final = "generate_speech"
TRANSCRIBE_AUDIO: Final = "transcribe_audio"
TRANSLATE_AUDIO: Final = "translate_audio"
MODERATE: Final = "moderate"
RERANK: Final = "rerank"

# Metrics (v1.41)
METRIC_TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - a metric's name
METRIC_OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
METRIC_TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - an attribute's name

# Events
EVENT_PREFIX: Final = "gen_ai."  # of every event that belongs to a span of these conventions
EVENT_DETAILS: Final = "gen_ai.client.inference.operation.details"
EVENT_EVALUATION: Final = "gen_ai.evaluation.result"
EVENT_NAME: Final = "event.name"  # an attribute of log records that have no name of their own
EVENT_SYSTEM_MESSAGE: Final = "gen_ai.system.message"  # this and the next six before v1.37
EVENT_USER_MESSAGE: Final = "gen_ai.user.message"
EVENT_ASSISTANT_MESSAGE: Final = "gen_ai.assistant.message"
EVENT_TOOL_MESSAGE: Final = "gen_ai.tool.message"
EVENT_CHOICE: Final = "gen_ai.choice"
PROMPT_OLD: Final = "gen_ai.prompt"  # an attribute of the event gen_ai.content.prompt, and an event's name
COMPLETION_OLD: Final = "gen_ai.completion"  # an attribute of the event gen_ai.content.completion
EVENT_EXCEPTION: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"

# Emitters' own
ADK_DATA: Final = "gcp.vertex.agent.data"  # what is sent to a live model
ADK_LLM_REQUEST: Final = "gcp.vertex.agent.llm_request"
ADK_LLM_RESPONSE: Final = "gcp.vertex.agent.llm_response"
ADK_SESSION_ID: Final = "gcp.vertex.agent.session_id"
ADK_TOOL_ARGUMENTS: Final = "gcp.vertex.agent.tool_call_args"
ADK_TOOL_RESPONSE: Final = "gcp.vertex.agent.tool_response"
OPENLIT_TOOL_INPUT: Final = "gen_ai.tool.input"
OPENLIT_TOOL_OUTPUT: Final = "gen_ai.tool.output"
OPENLIT_WORKFLOW_INPUT: Final = "gen_ai.workflow.input"
OPENLIT_WORKFLOW_OUTPUT: Final = "gen_ai.workflow.output"
OPENLIT_RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query"
OPENLIT_PROMPT: Final = "gen_ai.content.prompt"
OPENLIT_COMPLETION: Final = "gen_ai.content.completion"
DB_OPERATION: Final = "db.operation.name"
DB_QUERY: Final = "db.query.text"
SEMANTIC_KERNEL_FINISH_REASON: Final = "gen_ai.response.finish_reason"
SERVER_TIME_TO_FIRST_TOKEN: Final = "gen_ai.server.time_to_first_token"  # noqa: S105 - seconds; Strands: milliseconds
STRANDS_EVENTS: Final = ("memory.query", "memory.content", "memory.results")  # beside those of the conventions
XAI_USER_ID: Final = "user_id"
XAI_CACHED_TOKENS: Final = "gen_ai.usage.cached_prompt_text_tokens"
USAGE_REASONING_OLD: Final = "gen_ai.usage.reasoning_tokens"

HTTP_METHOD: Final = "http.request.method"
HTTP_STATUS: Final = "http.response.status_code"
URL_PATH: Final = "url.path"
SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.41.0"
