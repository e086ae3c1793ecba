trace_id IN (
    SELECT trace_id FROM internal.spans WHERE tool_name = $value
    UNION ALL
    SELECT trace_id FROM internal.open_spans WHERE tool_name = $value
)
