-- What was said of some traces, in the order it was said.
SELECT trace_id, span_id, name, value, label, source, comment
FROM scores
WHERE list_contains($trace_ids, trace_id)
ORDER BY created_at;
