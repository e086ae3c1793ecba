SELECT stored.*
FROM internal.spans AS stored SEMI JOIN incoming USING (trace_id, span_id)
WHERE start_ns BETWEEN $earliest AND $latest;
