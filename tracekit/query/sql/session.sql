-- The sums of one session, of all time.
SELECT
    count(*) AS traces,
    count(*) FILTER (error_count > 0) AS failed,
    min(start_time) AS began,
    max(start_time) AS last_seen,
    CASE WHEN count(*) = count(end_time) THEN max(end_time) END AS ended,
    list_sort(list(DISTINCT user_id) FILTER (user_id IS NOT NULL)) AS users,
    list_sort(list_distinct(flatten(list(models)))) AS models,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cost_usd) AS cost_usd,
    sum(unpriced_spans)::BIGINT AS unpriced,
    sum(duration_ms) AS busy_ms
FROM traces
WHERE session_id = $session_id
HAVING count(*) > 0
