SELECT trace_id, name, start_time
FROM traces
WHERE starts_with(trace_id, $prefix)
ORDER BY start_time DESC, trace_id
LIMIT $limit
