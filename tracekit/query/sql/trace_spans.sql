-- The spans of a trace that have ended and started within these times. The table is asked instead of the view, whose content
-- takes longer to plan than these rows to be read; and the rows come in any order, since to sort so many columns takes longer to plan
-- than to run. Times are numbers, as in get_trace.sql.
SELECT
    trace_id, span_id, parent_span_id, project, service, name, kind, operation, provider, request_model, response_model,
    model, start_ns // 1000 AS start_time, end_ns // 1000 AS end_time, (end_ns - start_ns) / 1e6 AS duration_ms,
    ttft_ms, status, status_message, error_type, outcome,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, counted,
    CASE WHEN counted THEN cost_usd END AS cost_usd, twin_of,
    nullif(concat_ws('; ', usage_fault, ledger_fault), '') AS usage_fault,
    session_id, user_id, tags, finish_reasons, response_id, tool_name, tool_call_id, scope_name, scope_version, dialect
FROM internal.spans
WHERE trace_id = $trace_id AND start_ns BETWEEN $start_ns AND $end_ns;
