-- Where a trace stands among those that fit, greatest first, and which of them no person has said anything of.
WITH here AS (
    SELECT (coalesce((/* key */ NULL)::DOUBLE, '-infinity'::DOUBLE), start_time, trace_id) AS place
    FROM internal.traces
    WHERE trace_id = $at::VARCHAR
),
queue AS (
    SELECT
        trace_id,
        (coalesce((/* key */ NULL)::DOUBLE, '-infinity'::DOUBLE), start_time, trace_id) AS place,
        trace_id IN (SELECT trace_id FROM scores WHERE source = 'human' AND trace_id IS NOT NULL) AS reviewed
    FROM internal.traces
    WHERE /* conditions */ true
)
SELECT
    count(*) AS total,
    (SELECT count(*) FROM here) > 0 AS is_stored,
    count(*) FILTER (reviewed) AS reviewed,
    CASE WHEN count(*) FILTER (trace_id = $at::VARCHAR) > 0 THEN count(*) FILTER (place > (FROM here)) + 1 END AS place,
    coalesce(bool_or(reviewed) FILTER (trace_id = $at::VARCHAR), false) AS is_reviewed,
    count(*) FILTER (place > (FROM here) AND NOT reviewed) AS passed_over,
    arg_max(trace_id, place) FILTER (NOT reviewed) AS first,
    arg_min(trace_id, place) FILTER (place > (FROM here)) AS before,
    arg_max(trace_id, place) FILTER (place < (FROM here) AND NOT reviewed) AS next
FROM queue;
