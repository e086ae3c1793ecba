-- All spans of a trace, those too that are open or whose clock was set back: what trace_spans.sql gives of the others.
SELECT
    trace_id, span_id, parent_span_id, project, service, name, kind, operation, provider, request_model, response_model,
    model, start_time, end_time, duration_ms, ttft_ms, status, status_message, error_type, outcome,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, counted, cost_usd, twin_of,
    usage_fault, session_id, user_id, tags, finish_reasons, response_id, tool_name, tool_call_id, scope_name, scope_version, dialect
FROM spans
WHERE trace_id = $trace_id AND start_time >= make_timestamptz($start_ns::BIGINT // 1000);
