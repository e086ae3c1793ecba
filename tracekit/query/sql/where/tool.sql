trace_id IN (SELECT trace_id FROM spans WHERE tool_name = $value)
