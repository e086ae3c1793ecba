-- The traces of a session in the order they began.
FROM traces WHERE session_id = $session_id ORDER BY start_time, trace_id LIMIT $limit OFFSET $skip
