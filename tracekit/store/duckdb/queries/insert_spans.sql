INSERT INTO internal.spans BY NAME
SELECT
    incoming.* EXCLUDE (counted),
    coalesce(verdicts.counted, incoming.counted) AS counted,
    verdicts.twin_of, verdicts.told_elsewhere, verdicts.ledger_fault
FROM incoming
LEFT JOIN verdicts USING (trace_id, span_id)
ANTI JOIN (
    SELECT trace_id, span_id FROM internal.spans WHERE start_ns BETWEEN $earliest AND $latest
) AS stored USING (trace_id, span_id);
