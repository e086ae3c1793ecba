-- After model_calls.sql: calls by bucket of time, in one scan.
calls AS (FROM model_calls)
SELECT
    epoch_us(start_time) // $width * $width AS bucket,
    count(*) AS calls,
    count(*) FILTER (status = 'error') AS failed,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
    sum(cost_usd) AS cost_usd,
    count(*) FILTER (unpriced) AS unpriced,
    count(ttft_ms) AS streamed,
    quantile_cont(ttft_ms, 0.5) AS ttft_p50_ms,
    quantile_cont(ttft_ms, 0.95) AS ttft_p95_ms
FROM calls
GROUP BY GROUPING SETS ((bucket), ())
ORDER BY bucket NULLS LAST
