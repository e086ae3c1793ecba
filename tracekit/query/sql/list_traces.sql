-- Times are numbers, as in get_trace.sql; the order is that of the column.
SELECT * REPLACE (epoch_us(start_time) AS start_time, epoch_us(end_time) AS end_time)
FROM internal.traces
WHERE /* conditions */ true
    AND ($before::VARCHAR IS NULL OR (start_time, trace_id) < ($before::TIMESTAMPTZ, $before_id::VARCHAR))
ORDER BY traces.start_time DESC, trace_id DESC
LIMIT $limit;
