-- Where to look in each of these traces: the first failed span below which none failed, and how many such there are.
-- The tables are named instead of the view, which takes longer to plan than all this does to run.
WITH every AS (
    SELECT trace_id, span_id, parent_span_id, name, kind, tool_name, error_type, status_message, start_time, status
    FROM internal.spans
    UNION ALL
    SELECT trace_id, span_id, parent_span_id, name, kind, tool_name, error_type, status_message, start_time, status
    FROM internal.open_spans
),
failed AS (
    SELECT * REPLACE (left(status_message, 200) AS status_message)
    FROM every
    WHERE status = 'error' AND start_time >= $since::TIMESTAMPTZ AND trace_id IN (SELECT unnest($traces::VARCHAR[]))
),
origins AS (
    FROM failed
    WHERE (trace_id, span_id) NOT IN (
        SELECT (trace_id, parent_span_id) FROM failed WHERE parent_span_id IS NOT NULL
    )
)
SELECT trace_id, span_id, name, kind, tool_name, error_type, status_message, count(*) OVER (PARTITION BY trace_id) AS count
FROM origins
QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY start_time, span_id) = 1;
