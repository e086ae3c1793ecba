-- After model_calls.sql, before usage.sql or caching.sql: calls by user, whom some programs name at the root only.
calls AS (
    SELECT model_calls.*, coalesce(model_calls.user_id, traces.user_id) AS key
    FROM model_calls LEFT JOIN traces USING (trace_id)
    WHERE $by = 'user'
)
