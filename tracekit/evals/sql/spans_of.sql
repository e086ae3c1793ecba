-- The ended spans of some traces, with all of their content. Spans of before the first of them began are not looked at.
FROM spans
WHERE trace_id IN (SELECT unnest($trace_ids::VARCHAR[]))
    AND start_time >= (SELECT min(start_time) FROM traces WHERE trace_id IN (SELECT unnest($trace_ids::VARCHAR[])))
    AND end_time IS NOT NULL
ORDER BY trace_id, start_time, span_id;
