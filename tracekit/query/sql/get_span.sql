FROM spans
WHERE trace_id = $trace_id AND span_id = $span_id
    AND start_time >= (SELECT start_time FROM traces WHERE trace_id = $trace_id);
