SELECT DISTINCT trace_id
FROM spans
WHERE outcome = 'interrupted'
    AND start_time >= $since::TIMESTAMPTZ
    AND list_contains($ids::VARCHAR[], trace_id);
