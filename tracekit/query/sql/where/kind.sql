trace_id IN (
    SELECT trace_id FROM internal.spans WHERE kind = $value
    UNION ALL
    SELECT trace_id FROM internal.open_spans WHERE kind = $value
)
