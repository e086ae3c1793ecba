-- Log records in the order of their times, each as the JSON object that `tracekit.collector.stored` reads.
SELECT
    time_ns, content_key,
    to_json({
        'trace_id': trace_id,
        'span_id': span_id,
        'time_ns': time_ns,
        'observed_ns': observed_ns,
        'event_name': event_name,
        'severity': severity,
        'severity_number': severity_number,
        'body': body::VARCHAR,
        'attributes': attributes::VARCHAR,
        'resource': resource::VARCHAR,
        'scope_name': scope_name,
        'scope_version': scope_version
    })::VARCHAR AS line
FROM internal.logs
WHERE (time_ns, content_key) > ($after_ns::UBIGINT, $after_key::UBIGINT)
    AND ($traces::VARCHAR[] IS NULL OR list_contains($traces, trace_id))
ORDER BY time_ns, content_key
LIMIT $limit;
