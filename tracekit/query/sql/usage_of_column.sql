-- After model_calls.sql, before usage.sql or caching.sql: calls by what they say themselves.
calls AS (
    SELECT
        *,
        CASE $by
            WHEN 'model' THEN model
            WHEN 'provider' THEN provider
            WHEN 'project' THEN project
            WHEN 'day' THEN (DATE '1970-01-01' + (epoch_us(start_time) // 86400000000)::INTEGER)::VARCHAR
        END AS key
    FROM model_calls
)
