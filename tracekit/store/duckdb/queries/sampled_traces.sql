-- Traces that are over, went well, were fast enough, that nobody has judged, and that are not of the share to keep.
SELECT trace_id, start_time
FROM internal.traces
WHERE complete
AND end_time IS NOT NULL
AND epoch_us(end_time) * 1000 < $settled::BIGINT
AND status <> 'error'
AND error_count = 0
AND interrupted_spans = 0
AND ($slow_ms::DOUBLE IS NULL OR duration_ms < $slow_ms::DOUBLE)
AND ('0x' || right(trace_id, 16))::UBIGINT::HUGEINT >= $bound::HUGEINT
AND trace_id NOT IN (SELECT trace_id FROM internal.open_spans)
AND trace_id NOT IN (SELECT trace_id FROM internal.scores WHERE trace_id IS NOT NULL)
AND (session_id IS NULL OR session_id NOT IN (SELECT session_id FROM internal.scores WHERE session_id IS NOT NULL));
