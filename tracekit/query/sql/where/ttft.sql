trace_id IN (
    SELECT trace_id FROM internal.spans WHERE ttft_ms BETWEEN $low AND $high
    UNION ALL
    SELECT trace_id FROM internal.open_spans WHERE ttft_ms BETWEEN $low AND $high
)
