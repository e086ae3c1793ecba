trace_id IN (SELECT trace_id FROM spans WHERE kind = $value)
