-- Rows that a newer version of the dialects would make just as they are.
UPDATE internal.spans AS stored
SET derivation = incoming.derivation
FROM incoming
WHERE stored.start_ns BETWEEN $earliest AND $latest
    AND stored.trace_id = incoming.trace_id
    AND stored.span_id = incoming.span_id
    AND stored.derivation IS DISTINCT FROM incoming.derivation;
