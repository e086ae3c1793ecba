-- Greatest first by something else than time; where it is not known, last. All columns are read of those on the page only.
-- Times are numbers, as in get_trace.sql.
SELECT * REPLACE (epoch_us(start_time) AS start_time, epoch_us(end_time) AS end_time)
FROM internal.traces
WHERE rowid IN (
    SELECT rowid
    FROM (
        SELECT rowid, start_time, trace_id, coalesce((/* key */ NULL)::DOUBLE, '-infinity'::DOUBLE) AS key
        FROM internal.traces
        WHERE /* conditions */ true
    )
    WHERE $before::VARCHAR IS NULL
        OR (key, start_time, trace_id)
            < (coalesce($before_key::DOUBLE, '-infinity'::DOUBLE), $before::TIMESTAMPTZ, $before_id::VARCHAR)
    ORDER BY key DESC, start_time DESC, trace_id DESC
    LIMIT $limit
)
ORDER BY coalesce((/* key */ NULL)::DOUBLE, '-infinity'::DOUBLE) DESC, traces.start_time DESC, trace_id DESC;
