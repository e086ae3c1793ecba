-- Scores in the order they were made, each as the JSON object of a journal's score record, which names a session only where it has one.
SELECT json_merge_patch(to_json({
    'trace_id': trace_id,
    'span_id': span_id,
    'name': name,
    'value': value,
    'label': label,
    'source': source,
    'comment': comment,
    'created_ns': epoch_us(created_at) * 1000,
    'session_id': session_id
}), CASE WHEN session_id IS NULL THEN '{"session_id": null}' ELSE '{}' END::JSON)::VARCHAR AS line
FROM scores
WHERE $traces::VARCHAR[] IS NULL
    OR list_contains($traces, trace_id)
    OR session_id IN (SELECT session_id FROM traces WHERE list_contains($traces, trace_id))
ORDER BY created_at, trace_id, span_id, session_id, name
LIMIT $limit OFFSET $skipped;
