-- Traces that started before the limit of their project. One that is still running is not old.
SELECT trace_id, start_time
FROM internal.traces
WHERE epoch_us(start_time) * 1000 < CASE
    WHEN list_contains($projects::VARCHAR[], project)
        THEN list_extract($before_each::BIGINT[], list_position($projects::VARCHAR[], project))
    ELSE $before::BIGINT
END
AND trace_id NOT IN (SELECT trace_id FROM internal.open_spans);
