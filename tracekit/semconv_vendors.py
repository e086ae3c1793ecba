"""Attribute names of vendors' own dialects, once; the conventions' own are in `semconv`. Only dialects out write them.

Names that spell out lists stand here without their numbers. Each block is one emitter's, from its own source.
"""

from __future__ import annotations

from typing import Final

# Of several
METADATA: Final = "metadata"  # OpenInference: JSON; LiteLLM: a prefix
INPUT_VALUE: Final = "input.value"
OUTPUT_VALUE: Final = "output.value"
BARE_TOOL_NAME: Final = "tool_name"  # CrewAI, Claude Code
OPERATION_COST: Final = "operation.cost"  # pydantic-ai and Logfire, USD
USAGE_COST: Final = "gen_ai.usage.cost"  # OpenLIT and Laminar, USD
LLM_REQUEST_TYPE: Final = "llm.request.type"
LLM_REQUEST_FUNCTIONS: Final = "llm.request.functions"
LLM_USAGE_TOTAL: Final = "llm.usage.total_tokens"
LLM_USER: Final = "llm.user"

# OpenLLMetry, by Traceloop
TRACELOOP_KIND: Final = "traceloop.span.kind"
TRACELOOP_ENTITY_NAME: Final = "traceloop.entity.name"
TRACELOOP_INPUT: Final = "traceloop.entity.input"
TRACELOOP_OUTPUT: Final = "traceloop.entity.output"
TRACELOOP_SESSION: Final = "traceloop.association.properties.session_id"
TRACELOOP_THREAD: Final = "traceloop.association.properties.thread_id"
TRACELOOP_USER: Final = "traceloop.association.properties.user_id"
LLM_RESPONSE_FINISH_REASON: Final = "llm.response.finish_reason"
LLM_RESPONSE_STOP_REASON: Final = "llm.response.stop_reason"
DB_OPERATION: Final = "db.operation"
DB_SYSTEM: Final = "db.system"

# OpenInference
OPENINFERENCE_KIND: Final = "openinference.span.kind"
LLM_INPUT_MESSAGES: Final = "llm.input_messages"
LLM_OUTPUT_MESSAGES: Final = "llm.output_messages"
LLM_PROMPTS: Final = "llm.prompts"
LLM_CHOICES: Final = "llm.choices"
LLM_TOOLS: Final = "llm.tools"
LLM_MODEL: Final = "llm.model_name"
LLM_REQUEST_MODEL: Final = "llm.request.model_name"
LLM_RESPONSE_MODEL: Final = "llm.response.model_name"
LLM_PROVIDER: Final = "llm.provider"
LLM_SYSTEM: Final = "llm.system"
LLM_PARAMETERS: Final = "llm.invocation_parameters"
LLM_FINISH_REASON: Final = "llm.finish_reason"
LLM_COST: Final = "llm.cost.total"
TOKENS_PROMPT: Final = "llm.token_count.prompt"
TOKENS_COMPLETION: Final = "llm.token_count.completion"
TOKENS_TOTAL: Final = "llm.token_count.total"
TOKENS_CACHE_READ: Final = "llm.token_count.prompt_details.cache_read"
TOKENS_CACHE_WRITE: Final = "llm.token_count.prompt_details.cache_write"
TOKENS_REASONING: Final = "llm.token_count.completion_details.reasoning"
TOKENS_PROMPT_AUDIO: Final = "llm.token_count.prompt_details.audio"
TOKENS_COMPLETION_AUDIO: Final = "llm.token_count.completion_details.audio"
EMBEDDING_MODEL: Final = "embedding.model_name"
EMBEDDING_PARAMETERS: Final = "embedding.invocation_parameters"
EMBEDDINGS: Final = "embedding.embeddings"
RERANKER_MODEL: Final = "reranker.model_name"
RERANKER_QUERY: Final = "reranker.query"
RERANKER_INPUT: Final = "reranker.input_documents"
RERANKER_OUTPUT: Final = "reranker.output_documents"
LLM_PROMPT_TEMPLATE: Final = "llm.prompt_template.template"
LLM_PROMPT_VARIABLES: Final = "llm.prompt_template.variables"
DOCUMENTS: Final = "retrieval.documents"
OI_TOOL_NAME: Final = "tool.name"
OI_TOOL_ID: Final = "tool.id"
OI_TAGS: Final = "tag.tags"
MESSAGE_ROLE: Final = "message.role"
MESSAGE_CONTENT: Final = "message.content"
MESSAGE_CONTENTS: Final = "message.contents"
MESSAGE_NAME: Final = "message.name"
MESSAGE_TOOL_CALLS: Final = "message.tool_calls"
MESSAGE_TOOL_CALL_ID: Final = "message.tool_call_id"
MESSAGE_FUNCTION_NAME: Final = "message.function_call_name"
MESSAGE_FUNCTION_ARGUMENTS: Final = "message.function_call_arguments_json"
CONTENT_TYPE: Final = "message_content.type"
CONTENT_TEXT: Final = "message_content.text"
CONTENT_IMAGE: Final = "message_content.image.image.url"
CONTENT_AUDIO: Final = "message_content.audio.audio.url"
CONTENT_VIDEO: Final = "message_content.video.video.url"
CALL_ID: Final = "tool_call.id"
CALL_NAME: Final = "tool_call.function.name"
CALL_ARGUMENTS: Final = "tool_call.function.arguments"
TOOL_SCHEMA: Final = "tool.json_schema"
EMBEDDING_TEXT: Final = "embedding.text"
DOCUMENT_PREFIX: Final = "document."
DOCUMENT_METADATA: Final = "document.metadata"
PROMPT_TEXT: Final = "prompt.text"
COMPLETION_TEXT: Final = "completion.text"
EVENT_FIRST_TOKEN: Final = "First Token Stream Event"  # noqa: S105 - an event's name

# Vercel AI SDK before 7, and 7 with its legacy telemetry
AI_OPERATION: Final = "ai.operationId"
AI_MODEL: Final = "ai.model.id"
AI_PROVIDER: Final = "ai.model.provider"
AI_PROMPT: Final = "ai.prompt"
AI_MESSAGES: Final = "ai.prompt.messages"
AI_TOOLS: Final = "ai.prompt.tools"
AI_TEXT: Final = "ai.response.text"
AI_REASONING: Final = "ai.response.reasoning"
AI_CALLS: Final = "ai.response.toolCalls"
AI_OBJECT: Final = "ai.response.object"
AI_RESPONSE_ID: Final = "ai.response.id"
AI_RESPONSE_MODEL: Final = "ai.response.model"
AI_RESPONSE_SERVICE_TIER: Final = "ai.response.service_tier"
AI_FINISH_REASON: Final = "ai.response.finishReason"
AI_FIRST_CHUNK: Final = "ai.response.msToFirstChunk"  # milliseconds
AI_PROVIDER_METADATA: Final = "ai.response.providerMetadata"
AI_INPUT_TOKENS: Final = "ai.usage.inputTokens"
AI_PROMPT_TOKENS: Final = "ai.usage.promptTokens"  # ai 4
AI_OUTPUT_TOKENS: Final = "ai.usage.outputTokens"
AI_COMPLETION_TOKENS: Final = "ai.usage.completionTokens"  # ai 4
AI_CACHED_TOKENS: Final = "ai.usage.cachedInputTokens"
AI_CACHE_READ_TOKENS: Final = "ai.usage.inputTokenDetails.cacheReadTokens"  # ai 6
AI_CACHE_WRITE_TOKENS: Final = "ai.usage.inputTokenDetails.cacheWriteTokens"
AI_UNCACHED_TOKENS: Final = "ai.usage.inputTokenDetails.noCacheTokens"
AI_REASONING_TOKENS: Final = "ai.usage.reasoningTokens"
AI_TOKENS: Final = "ai.usage.tokens"  # of embeddings
AI_VALUE: Final = "ai.value"
AI_VALUES: Final = "ai.values"
AI_TOOL_NAME: Final = "ai.toolCall.name"
AI_TOOL_ID: Final = "ai.toolCall.id"
AI_TOOL_ARGUMENTS: Final = "ai.toolCall.args"
AI_TOOL_RESULT: Final = "ai.toolCall.result"
AI_DOCUMENTS: Final = "ai.documents"
AI_RANKING: Final = "ai.ranking"
AI_METADATA_PREFIX: Final = "ai.telemetry.metadata."
AI_CONTEXT_PREFIX: Final = "ai.settings.context."  # ai 7's runtime context, where metadata went

# Logfire
LOGFIRE_TEMPLATE: Final = "logfire.msg_template"
LOGFIRE_TAGS: Final = "logfire.tags"
LOGFIRE_REQUEST: Final = "request_data"
LOGFIRE_RESPONSE: Final = "response_data"
LOGFIRE_USAGE: Final = "gen_ai.usage.raw"
LOGFIRE_MESSAGE: Final = "logfire.msg"  # the template filled in
LOGFIRE_EVENTS: Final = "events"  # also pydantic-ai's, before its version 3 of telemetry

# pydantic-ai
AGGREGATED_INPUT: Final = "gen_ai.aggregated_usage.input_tokens"
AGGREGATED_OUTPUT: Final = "gen_ai.aggregated_usage.output_tokens"
AGGREGATED_CACHE_READ: Final = "gen_ai.aggregated_usage.cache_read.input_tokens"
AGGREGATED_CACHE_CREATION: Final = "gen_ai.aggregated_usage.cache_creation.input_tokens"
AGGREGATED_REASONING: Final = "gen_ai.aggregated_usage.details.reasoning_tokens"
USAGE_DETAILS_CACHE_READ: Final = "gen_ai.usage.details.cache_read_tokens"
USAGE_DETAILS_CACHE_WRITE: Final = "gen_ai.usage.details.cache_write_tokens"
USAGE_DETAILS_CACHED: Final = "gen_ai.usage.details.cached_tokens"  # before 0.8
USAGE_DETAILS_CACHE_READ_INPUT: Final = "gen_ai.usage.details.cache_read_input_tokens"  # Anthropic's, before 0.8
USAGE_DETAILS_CACHE_CREATION_INPUT: Final = "gen_ai.usage.details.cache_creation_input_tokens"
USAGE_DETAILS_REASONING: Final = "gen_ai.usage.details.reasoning_tokens"
USAGE_DETAILS_INPUT_AUDIO: Final = "gen_ai.usage.details.input_audio_tokens"
USAGE_DETAILS_OUTPUT_AUDIO: Final = "gen_ai.usage.details.output_audio_tokens"
USAGE_DETAILS_CACHE_AUDIO_READ: Final = "gen_ai.usage.details.cache_audio_read_tokens"
PYDANTIC_AI_MESSAGES: Final = "pydantic_ai.all_messages"
PYDANTIC_AI_EVENTS: Final = "all_messages_events"  # before version 3 of its telemetry
PYDANTIC_AI_RESULT: Final = "final_result"
PYDANTIC_AI_MODEL: Final = "model_name"
PYDANTIC_AI_TOOL_ARGUMENTS: Final = "tool_arguments"  # before version 3
PYDANTIC_AI_TOOL_RESPONSE: Final = "tool_response"
PYDANTIC_AI_PARAMETERS: Final = "model_request_parameters"  # JSON: tools, among others

# MLflow: every value is JSON text
MLFLOW_KIND: Final = "mlflow.spanType"
MLFLOW_INPUTS: Final = "mlflow.spanInputs"
MLFLOW_OUTPUTS: Final = "mlflow.spanOutputs"
MLFLOW_FUNCTION: Final = "mlflow.spanFunctionName"
MLFLOW_MODEL: Final = "mlflow.llm.model"
MLFLOW_PROVIDER: Final = "mlflow.llm.provider"
MLFLOW_COST: Final = "mlflow.llm.cost"
MLFLOW_USAGE: Final = "mlflow.chat.tokenUsage"
MLFLOW_TOOLS: Final = "mlflow.chat.tools"
MLFLOW_FORMAT: Final = "mlflow.message.format"
MLFLOW_SESSION: Final = "mlflow.trace.session"
MLFLOW_USER: Final = "mlflow.trace.user"
MLFLOW_TAG_PREFIX: Final = "mlflow.traceTag."
MLFLOW_CHUNK_ITEM: Final = "mlflow.chunk.item."  # events' names begin so
MLFLOW_CHUNK: Final = "mlflow.chunk.value"

# Langfuse
LANGFUSE_KIND: Final = "langfuse.observation.type"
LANGFUSE_INPUT: Final = "langfuse.observation.input"
LANGFUSE_OUTPUT: Final = "langfuse.observation.output"
LANGFUSE_TRACE_INPUT: Final = "langfuse.trace.input"
LANGFUSE_TRACE_OUTPUT: Final = "langfuse.trace.output"
LANGFUSE_INSTRUCTIONS: Final = "langfuse.observation.metadata.instructions"
LANGFUSE_MODEL: Final = "langfuse.observation.model.name"
LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
LANGFUSE_COST: Final = "langfuse.observation.cost_details"
LANGFUSE_FIRST_TOKEN: Final = "langfuse.observation.completion_start_time"  # noqa: S105 - an attribute's name
LANGFUSE_LEVEL: Final = "langfuse.observation.level"
LANGFUSE_STATUS: Final = "langfuse.observation.status_message"
LANGFUSE_FINISH_REASON: Final = "langfuse.observation.metadata.finish_reason"
LANGFUSE_RESPONSE_ID: Final = "langfuse.observation.metadata.id"
LANGFUSE_PROVIDER: Final = "langfuse.observation.metadata.ls_provider"
LANGFUSE_TAGS: Final = "langfuse.trace.tags"
LANGFUSE_SESSION: Final = "langfuse.session.id"
LANGFUSE_USER: Final = "langfuse.user.id"

# LangSmith
LANGSMITH_KIND: Final = "langsmith.span.kind"
LANGSMITH_TAGS: Final = "langsmith.span.tags"
LANGSMITH_SESSION: Final = "langsmith.metadata.session_id"
LANGSMITH_THREAD: Final = "langsmith.metadata.thread_id"
LANGSMITH_CONVERSATION: Final = "langsmith.metadata.conversation_id"
LANGSMITH_USER: Final = "langsmith.metadata.user_id"
LANGSMITH_PROVIDER: Final = "langsmith.metadata.ls_provider"
LANGSMITH_MODEL: Final = "langsmith.metadata.ls_model_name"
LANGSMITH_USAGE: Final = "langsmith.metadata.usage_metadata"

# Haystack
HAYSTACK_TYPE: Final = "haystack.component.type"
HAYSTACK_INPUT: Final = "haystack.component.input"
HAYSTACK_OUTPUT: Final = "haystack.component.output"
HAYSTACK_PIPELINE_INPUT: Final = "haystack.pipeline.input_data"
HAYSTACK_PIPELINE_OUTPUT: Final = "haystack.pipeline.output_data"
HAYSTACK_AGENT_INPUT: Final = "haystack.agent.input"
HAYSTACK_AGENT_OUTPUT: Final = "haystack.agent.output"
HAYSTACK_LLM_INPUT: Final = "haystack.agent.step.llm.input"
HAYSTACK_LLM_OUTPUT: Final = "haystack.agent.step.llm.output"
HAYSTACK_TOOL_NAME: Final = "haystack.tool.name"
HAYSTACK_TOOL_INPUT: Final = "haystack.agent.step.tool.input"
HAYSTACK_TOOL_OUTPUT: Final = "haystack.agent.step.tool.output"

# CrewAI
CREWAI_VERSION: Final = "crewai_version"
CREWAI_LLM: Final = "llm"
CREWAI_INPUTS: Final = "crew_inputs"
CREWAI_TASK: Final = "formatted_description"

# LiteLLM
LITELLM_COST: Final = "gen_ai.cost.total_cost"
LITELLM_USAGE: Final = "metadata.usage_object"
LITELLM_SERVICE: Final = "service"
LITELLM_SESSION: Final = "metadata.session_id"
LITELLM_TRACE_SESSION: Final = "metadata.litellm_session_id"
LITELLM_END_USER: Final = "metadata.user_api_key_end_user_id"
LITELLM_USER: Final = "metadata.user_api_key_user_id"
LITELLM_TAGS: Final = "metadata.requester_custom_tags"

# Laminar
LAMINAR_KIND: Final = "lmnr.span.type"
LAMINAR_INPUT: Final = "lmnr.span.input"
LAMINAR_OUTPUT: Final = "lmnr.span.output"
LAMINAR_SESSION: Final = "lmnr.association.properties.session_id"
LAMINAR_USER: Final = "lmnr.association.properties.user_id"
LAMINAR_TAGS: Final = "lmnr.association.properties.tags"

# Claude Code
CLAUDE_CODE_KIND: Final = "span.type"
CLAUDE_CODE_MODEL: Final = "model"
CLAUDE_CODE_INPUT_TOKENS: Final = "input_tokens"
CLAUDE_CODE_OUTPUT_TOKENS: Final = "output_tokens"
CLAUDE_CODE_CACHE_READ: Final = "cache_read_tokens"
CLAUDE_CODE_CACHE_CREATION: Final = "cache_creation_tokens"
CLAUDE_CODE_COST: Final = "cost_usd"
CLAUDE_CODE_TTFT: Final = "ttft_ms"
CLAUDE_CODE_PROMPT: Final = "user_prompt"
CLAUDE_CODE_CONTEXT: Final = "new_context"
CLAUDE_CODE_SYSTEM: Final = "system_prompt"
CLAUDE_CODE_ANSWER: Final = "response.model_output"
CLAUDE_CODE_STOP_REASON: Final = "stop_reason"
CLAUDE_CODE_REQUEST_ID: Final = "request_id"
CLAUDE_CODE_TOOL_INPUT: Final = "tool_input"
CLAUDE_CODE_TOOL_USE_ID: Final = "tool_use_id"
CLAUDE_CODE_ERROR: Final = "error"
CLAUDE_CODE_USER: Final = "user.account_uuid"
EVENT_TOOL_OUTPUT: Final = "tool.output"

# LiveKit Agents: before 1.7 without the word `pii`
LIVEKIT_CONTEXT: Final = "lk.pii.chat_ctx"
LIVEKIT_CONTEXT_OLD: Final = "lk.chat_ctx"
LIVEKIT_TEXT: Final = "lk.pii.response.text"
LIVEKIT_TEXT_OLD: Final = "lk.response.text"
LIVEKIT_USER_INPUT: Final = "lk.pii.user_input"
LIVEKIT_USER_INPUT_OLD: Final = "lk.user_input"
LIVEKIT_TRANSCRIPT: Final = "lk.pii.user_transcript"
LIVEKIT_TRANSCRIPT_OLD: Final = "lk.user_transcript"
LIVEKIT_SPEECH: Final = "lk.pii.input_text"
LIVEKIT_SPEECH_OLD: Final = "lk.input_text"
LIVEKIT_TOOL: Final = "lk.function_tool.name"
LIVEKIT_TOOL_ID: Final = "lk.function_tool.id"
LIVEKIT_TOOL_ARGUMENTS: Final = "lk.pii.function_tool.arguments"
LIVEKIT_TOOL_ARGUMENTS_OLD: Final = "lk.function_tool.arguments"
LIVEKIT_TOOL_OUTPUT: Final = "lk.pii.function_tool.output"
LIVEKIT_TOOL_OUTPUT_OLD: Final = "lk.function_tool.output"
LIVEKIT_AGENT: Final = "lk.agent_name"
LIVEKIT_TTFT: Final = "lk.response.ttft"  # seconds
LIVEKIT_ROOM: Final = "lk.pii.room_name"
LIVEKIT_ROOM_OLD: Final = "lk.room_name"
