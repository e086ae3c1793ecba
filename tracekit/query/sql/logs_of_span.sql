SELECT time, event_name, severity, body, attributes
FROM logs
WHERE trace_id = $trace_id AND span_id = $span_id
ORDER BY time
