-- Sessions, the one that was heard of last first.
SELECT
    session_id,
    count(*) AS traces,
    count(*) FILTER (error_count > 0) AS failed,
    min(start_time) AS began,
    max(start_time) AS last_seen,
    CASE WHEN count(*) = count(end_time) THEN max(end_time) END AS ended,
    list_sort(list(DISTINCT user_id) FILTER (user_id IS NOT NULL)) AS users,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cost_usd) AS cost_usd,
    sum(unpriced_spans)::BIGINT AS unpriced,
    arg_min(input_preview, start_time) AS input_preview,
    arg_max(output_preview, start_time) AS output_preview,
    count(*) OVER () AS sessions
FROM traces
WHERE session_id IS NOT NULL AND start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
    AND ($user_id::VARCHAR IS NULL OR user_id = $user_id)
GROUP BY session_id
ORDER BY last_seen DESC, session_id
LIMIT $limit OFFSET $skip
