-- Those of no trace go by their own time.
DELETE FROM internal.logs
WHERE trace_id IS NULL AND time_ns < CASE
    WHEN list_contains($projects::VARCHAR[], project)
        THEN list_extract($before_each::BIGINT[], list_position($projects::VARCHAR[], project))
    ELSE $before::BIGINT
END;
