FROM internal.traces
WHERE /* conditions */ true
    AND ($before::VARCHAR IS NULL OR (start_time, trace_id) < ($before::TIMESTAMPTZ, $before_id::VARCHAR))
ORDER BY start_time DESC, trace_id DESC
LIMIT $limit;
