$value = CASE
    WHEN error_count > 0 THEN 'error'
    WHEN interrupted_spans > 0 THEN 'interrupted'
    WHEN end_time IS NULL THEN 'running'
    WHEN NOT complete THEN 'incomplete'
    ELSE 'ok'
END
