DELETE FROM internal.unread_logs AS unread
USING incoming
WHERE unread.trace_id = incoming.trace_id AND unread.span_id = incoming.span_id;
