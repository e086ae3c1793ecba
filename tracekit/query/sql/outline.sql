-- The spans of a trace that have ended and started within these times, with what their tree and its bars need and nothing else:
-- a trace may have a hundred thousand. The first span comes first; times are nanoseconds since 1970.
SELECT
    span_id, parent_span_id, name, kind, start_ns, end_ns, ttft_ms, status, outcome, error_type,
    CASE WHEN length(status_message) > 300 THEN left(status_message, 300) || ' …' ELSE status_message END AS status_message,
    model, tool_name, twin_of,
    CASE WHEN input_tokens IS NOT NULL OR output_tokens IS NOT NULL
        THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0) END AS tokens
FROM internal.spans
WHERE trace_id = $trace_id AND start_ns BETWEEN $start_ns AND $end_ns
ORDER BY start_ns, span_id;
