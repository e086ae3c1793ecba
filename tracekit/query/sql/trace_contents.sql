-- Spans of a trace with every column, in the order they started, some at a time: those behind a place.
FROM spans
WHERE trace_id = $trace_id
    AND start_time >= make_timestamptz($start_ns::BIGINT // 1000)
    AND ($end_ns::BIGINT IS NULL OR start_time <= make_timestamptz($end_ns::BIGINT // 1000))
    AND ($after::VARCHAR IS NULL OR (start_time, span_id) > ($after::TIMESTAMPTZ, $after_id::VARCHAR))
ORDER BY start_time, span_id
LIMIT $limit;
