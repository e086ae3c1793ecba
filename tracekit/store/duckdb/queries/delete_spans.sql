DELETE FROM internal.spans AS stored
USING incoming
WHERE stored.start_ns BETWEEN $earliest AND $latest
    AND stored.trace_id = incoming.trace_id
    AND stored.span_id = incoming.span_id;
