-- Times are numbers, microseconds since 1970: rows without a time leave the database by a shorter way.
SELECT * REPLACE (epoch_us(start_time) AS start_time, epoch_us(end_time) AS end_time)
FROM internal.traces
WHERE trace_id = $trace_id;
