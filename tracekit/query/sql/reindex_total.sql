SELECT count(*)
FROM spans
WHERE ($since::VARCHAR IS NULL OR start_time >= $since::VARCHAR::TIMESTAMPTZ)
    AND ($dialect::VARCHAR IS NULL OR dialect = $dialect::VARCHAR)
