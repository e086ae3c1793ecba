FROM traces
WHERE ($project::VARCHAR IS NULL OR project = $project)
    AND ($status::VARCHAR IS NULL OR $status = CASE
        WHEN error_count > 0 THEN 'error'
        WHEN interrupted_spans > 0 THEN 'interrupted'
        WHEN end_time IS NULL THEN 'running'
        WHEN NOT complete THEN 'incomplete'
        ELSE 'ok'
    END)
    AND ($model::VARCHAR IS NULL OR list_contains(models, $model))
    AND ($session_id::VARCHAR IS NULL OR session_id = $session_id)
    AND ($user_id::VARCHAR IS NULL OR user_id = $user_id)
    AND ($name::VARCHAR IS NULL OR contains(lower(name), lower($name)))
    AND ($since::VARCHAR IS NULL OR start_time >= $since::TIMESTAMPTZ)
    AND ($until::VARCHAR IS NULL OR start_time < $until::TIMESTAMPTZ)
    AND ($before::VARCHAR IS NULL OR (start_time, trace_id) < ($before::TIMESTAMPTZ, $before_id::VARCHAR))
ORDER BY start_time DESC, trace_id DESC
LIMIT $limit;
