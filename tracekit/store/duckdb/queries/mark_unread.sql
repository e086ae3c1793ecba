-- Spans whose logs came first and that are there now, and spans that were there when their logs came.
UPDATE internal.unread_logs AS unread
SET stored = true
FROM internal.spans AS found
WHERE NOT unread.stored
    AND found.start_ns >= $earliest
    AND found.trace_id = unread.trace_id
    AND found.span_id = unread.span_id;
