UPDATE internal.spans AS judged
SET counted = verdicts.counted,
    twin_of = verdicts.twin_of,
    told_elsewhere = verdicts.told_elsewhere,
    ledger_fault = verdicts.ledger_fault
FROM verdicts
WHERE verdicts.seq IS NULL
    AND judged.start_ns >= $earliest
    AND judged.trace_id = verdicts.trace_id
    AND judged.span_id = verdicts.span_id;
