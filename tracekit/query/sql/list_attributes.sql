-- Attributes of some traces, named by JSON pointers: of the span that has no parent, else of the first span that has one.
WITH said AS (
    SELECT
        trace_id, place, json_extract_string(attributes, list_extract($pointers::VARCHAR[], place)) AS value,
        (parent_span_id IS NOT NULL, start_time, span_id) AS turn
    FROM spans, (SELECT unnest(range(1, len($pointers::VARCHAR[]) + 1)) AS place)
    WHERE start_time >= $since::TIMESTAMPTZ AND trace_id IN (SELECT unnest($traces::VARCHAR[]))
)
SELECT trace_id, place - 1 AS place, left(arg_min(value, turn), $length) AS value
FROM said
WHERE value IS NOT NULL
GROUP BY trace_id, place;
