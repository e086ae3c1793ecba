CASE $value
    WHEN 'error' THEN error_count > 0
    WHEN 'score' THEN trace_id IN (SELECT trace_id FROM scores)
    WHEN 'review' THEN trace_id IN (SELECT trace_id FROM scores WHERE source = 'human')
    WHEN 'tool' THEN trace_id IN (
        SELECT trace_id FROM internal.spans WHERE kind = 'tool' UNION ALL SELECT trace_id FROM internal.open_spans WHERE kind = 'tool'
    )
    WHEN 'tag' THEN len(tags) > 0
    WHEN 'session' THEN session_id IS NOT NULL
    WHEN 'user' THEN user_id IS NOT NULL
    WHEN 'cost' THEN cost_usd IS NOT NULL
END
