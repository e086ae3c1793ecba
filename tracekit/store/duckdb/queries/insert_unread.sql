-- The spans of which new log records speak; asked before those are stored.
INSERT INTO internal.unread_logs
SELECT DISTINCT trace_id, span_id, false
FROM incoming_logs
ANTI JOIN (SELECT content_key FROM internal.logs WHERE time_ns BETWEEN $earliest AND $latest) AS known USING (content_key)
ANTI JOIN internal.unread_logs AS noted USING (trace_id, span_id)
WHERE trace_id IS NOT NULL AND span_id IS NOT NULL AND starts_with(event_name, $prefix);
