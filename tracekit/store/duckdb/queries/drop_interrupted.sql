-- A row that was closed because its writer died gives way to the real end.
DELETE FROM internal.spans AS stored
USING incoming
WHERE stored.outcome = 'interrupted'
    AND stored.end_ns IS NULL
    AND incoming.end_ns IS NOT NULL
    AND stored.start_ns BETWEEN $earliest AND $latest
    AND stored.trace_id = incoming.trace_id
    AND stored.span_id = incoming.span_id;
