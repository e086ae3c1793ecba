-- Scores in the order they were made, each as the JSON object of a journal's score record.
SELECT to_json({
    'trace_id': trace_id,
    'span_id': span_id,
    'name': name,
    'value': value,
    'label': label,
    'source': source,
    'comment': comment,
    'created_ns': epoch_us(created_at) * 1000
})::VARCHAR AS line
FROM scores
WHERE $traces::VARCHAR[] IS NULL OR list_contains($traces, trace_id)
ORDER BY created_at, trace_id, span_id, name
LIMIT $limit OFFSET $skipped;
