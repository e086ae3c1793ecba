-- The newest of these traces. All columns are read of those on the page only; a list of conditions that may not be meant
-- would take as long to plan as the rest does to run. Times are numbers, as in get_trace.sql.
SELECT * REPLACE (epoch_us(start_time) AS start_time, epoch_us(end_time) AS end_time)
FROM internal.traces
WHERE rowid IN (
    SELECT rowid
    FROM internal.traces
    WHERE trace_id IN (SELECT unnest(string_split($among, ' ')))
        AND start_time BETWEEN $earliest::TIMESTAMPTZ AND $latest::TIMESTAMPTZ
        AND ($before::VARCHAR IS NULL OR (start_time, trace_id) < ($before::TIMESTAMPTZ, $before_id::VARCHAR))
    ORDER BY start_time DESC, trace_id DESC
    LIMIT $limit
);
