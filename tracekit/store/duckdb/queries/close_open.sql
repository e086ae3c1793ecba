DELETE FROM internal.open_spans AS stored
USING incoming
WHERE stored.trace_id = incoming.trace_id AND stored.span_id = incoming.span_id;
