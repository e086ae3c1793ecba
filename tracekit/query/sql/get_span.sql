FROM spans
WHERE trace_id = $trace_id AND span_id = $span_id
    AND start_time BETWEEN $start_time::TIMESTAMPTZ AND coalesce($end_time::TIMESTAMPTZ, 'infinity'::TIMESTAMPTZ);
