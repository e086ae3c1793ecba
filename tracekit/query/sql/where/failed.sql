error_count > 0 AND trace_id IN (SELECT trace_id FROM spans WHERE status = 'error' AND (kind = $value OR tool_name = $value))
