-- What was said of a trace, of its spans, and of the session it belongs to, in the order it was said.
FROM internal.scores
WHERE trace_id = $trace_id OR session_id = $session_id::VARCHAR
ORDER BY created_at, name;
