FROM spans
WHERE trace_id = $trace_id AND span_id = $span_id
    AND start_time >= make_timestamptz($start_ns::BIGINT // 1000)
    AND ($end_ns::BIGINT IS NULL OR start_time <= make_timestamptz($end_ns::BIGINT // 1000));
