-- Traffic, errors and latency of traces by bucket of time, in one scan. `bucket` is microseconds since 1970; the row without one is
-- the whole, whose percentiles no buckets could add up to.
SELECT
    epoch_us(start_time) // $width * $width AS bucket,
    count(*) AS traces,
    count(*) FILTER (error_count > 0) AS failed,
    count(duration_ms) AS ended,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    quantile_cont(duration_ms, 0.99) AS p99_ms
FROM traces
WHERE start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
GROUP BY GROUPING SETS ((bucket), ())
ORDER BY bucket NULLS LAST
