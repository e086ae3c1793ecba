error_count > 0 AND trace_id IN (
    SELECT trace_id FROM internal.spans WHERE status = 'error' AND (kind = $value OR tool_name = $value)
    UNION ALL
    SELECT trace_id FROM internal.open_spans WHERE status = 'error' AND (kind = $value OR tool_name = $value)
)
