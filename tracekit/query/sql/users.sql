-- Users, those who cost most first, by their traces.
SELECT
    user_id,
    count(*) AS traces,
    count(*) FILTER (error_count > 0) AS failed,
    count(DISTINCT session_id) AS sessions,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cost_usd) AS cost_usd,
    sum(unpriced_spans)::BIGINT AS unpriced,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    count(*) OVER () AS users
FROM traces
WHERE user_id IS NOT NULL AND start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
GROUP BY user_id
ORDER BY cost_usd DESC NULLS LAST, traces DESC, user_id
LIMIT $limit OFFSET $skip
