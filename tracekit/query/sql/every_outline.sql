-- What outline.sql gives, of all spans of a trace: those too that are open or whose clock was set back.
WITH every AS (
    FROM internal.spans WHERE trace_id = $trace_id AND start_ns >= $start_ns
    UNION ALL BY NAME
    SELECT * EXCLUDE (journal) FROM internal.open_spans WHERE trace_id = $trace_id
)
SELECT
    span_id, parent_span_id, name, kind, start_ns, end_ns, ttft_ms, status, outcome, error_type,
    CASE WHEN length(status_message) > 300 THEN left(status_message, 300) || ' …' ELSE status_message END AS status_message,
    model, tool_name, twin_of,
    CASE WHEN input_tokens IS NOT NULL OR output_tokens IS NOT NULL
        THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0) END AS tokens
FROM every
ORDER BY start_ns, span_id;
