trace_id IN (SELECT trace_id FROM scores WHERE name = $name AND value BETWEEN $low AND $high)
