SELECT trace_id, span_id, start_ns
FROM internal.spans
SEMI JOIN (SELECT trace_id, span_id FROM internal.unread_logs WHERE stored) AS unread USING (trace_id, span_id)
WHERE start_ns >= $earliest
LIMIT $limit;
