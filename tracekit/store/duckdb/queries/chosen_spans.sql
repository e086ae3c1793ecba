-- The next spans in the order of their start.
SELECT trace_id, span_id, start_ns
FROM internal.spans
WHERE (start_ns, trace_id, span_id) > ($start_ns, $trace_id, $span_id)
    AND ($dialect IS NULL OR dialect = $dialect)
ORDER BY start_ns, trace_id, span_id
LIMIT $limit;
