-- Where a trace stands among those of its session, in the order they began, and the ones before and behind it.
WITH placed AS (
    SELECT
        trace_id,
        row_number() OVER places AS number,
        count(*) OVER () AS total,
        lag(trace_id) OVER places AS before,
        lag(name) OVER places AS before_name,
        lead(trace_id) OVER places AS behind,
        lead(name) OVER places AS behind_name
    FROM internal.traces
    WHERE session_id = $session_id
    WINDOW places AS (ORDER BY start_time, trace_id)
)
SELECT number, total, before, before_name, behind, behind_name FROM placed WHERE trace_id = $trace_id
