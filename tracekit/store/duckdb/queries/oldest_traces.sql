-- The oldest traces that together have such a part of all spans.
SELECT trace_id, start_time
FROM (
    SELECT
        trace_id, start_time,
        sum(span_count) OVER (ORDER BY start_time, trace_id) - span_count AS before,
        sum(span_count) OVER () AS total
    FROM internal.traces
)
WHERE before < $fraction * total
AND trace_id NOT IN (SELECT trace_id FROM internal.open_spans);
