trace_id IN (SELECT trace_id FROM spans WHERE ttft_ms BETWEEN $low AND $high)
