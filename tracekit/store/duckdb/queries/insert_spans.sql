INSERT INTO internal.spans BY NAME
FROM incoming
ANTI JOIN (
    SELECT trace_id, span_id FROM internal.spans WHERE start_ns BETWEEN $earliest AND $latest
) AS stored USING (trace_id, span_id);
