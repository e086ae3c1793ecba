SELECT trace_id, span_id, event_name, time_ns, attributes, body
FROM internal.logs SEMI JOIN chosen USING (trace_id, span_id)
WHERE starts_with(event_name, $prefix)
ORDER BY time_ns, observed_ns NULLS FIRST, content_key;
