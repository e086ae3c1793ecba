-- Log records that name a span of a trace, in the order of their time.
SELECT span_id, time, event_name, severity, body, attributes
FROM logs
WHERE trace_id = $trace_id AND span_id IS NOT NULL
ORDER BY time
LIMIT $limit;
