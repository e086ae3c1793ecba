FROM traces
WHERE name IS NOT DISTINCT FROM $name AND trace_id <> $trace_id
ORDER BY start_time DESC, trace_id
LIMIT $limit;
