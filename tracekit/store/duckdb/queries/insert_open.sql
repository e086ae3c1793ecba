INSERT INTO internal.open_spans BY NAME
FROM opened
ANTI JOIN (
    SELECT trace_id, span_id FROM internal.spans WHERE start_ns BETWEEN $earliest AND $latest
    UNION ALL
    SELECT trace_id, span_id FROM internal.open_spans
) AS stored USING (trace_id, span_id);
