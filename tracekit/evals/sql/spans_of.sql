-- The ended spans of some traces, with all of their content.
FROM spans
WHERE list_contains($trace_ids, trace_id) AND end_time IS NOT NULL
ORDER BY trace_id, start_time, span_id;
