-- Data points in the order of their times, each as the JSON object that `tracekit.collector.stored` reads. They belong to no
-- trace: none of them goes with a choice of traces. A number that JSON has no word for is text: nan, inf, -inf.
SELECT
    time_ns, content_key,
    to_json({
        'name': name,
        'description': description,
        'unit': unit,
        'kind': kind,
        'temporality': temporality,
        'monotonic': monotonic,
        'start_ns': start_ns,
        'time_ns': time_ns,
        'value': CASE WHEN isfinite(value) THEN to_json(value) ELSE to_json(value::VARCHAR) END,
        'count': count,
        'sum': CASE WHEN isfinite(sum) THEN to_json(sum) ELSE to_json(sum::VARCHAR) END,
        'min': CASE WHEN isfinite(min) THEN to_json(min) ELSE to_json(min::VARCHAR) END,
        'max': CASE WHEN isfinite(max) THEN to_json(max) ELSE to_json(max::VARCHAR) END,
        'buckets': buckets::VARCHAR,
        'attributes': attributes::VARCHAR,
        'exemplars': exemplars::VARCHAR,
        'resource': resource::VARCHAR,
        'scope_name': scope_name,
        'scope_version': scope_version
    })::VARCHAR AS line
FROM internal.metrics
WHERE (time_ns, content_key) > ($after_ns::UBIGINT, $after_key::UBIGINT) AND $traces::VARCHAR[] IS NULL
ORDER BY time_ns, content_key
LIMIT $limit;
