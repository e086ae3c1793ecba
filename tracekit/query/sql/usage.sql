-- After one of usage_of_*.sql: what those calls used and cost, dearest first; the row that is the whole stands last on every page.
, summed AS (
    SELECT
        key,
        grouping(key) = 1 AS whole,
        count(*) AS calls,
        count(*) FILTER (status = 'error') AS failed,
        sum(input_tokens)::BIGINT AS input_tokens,
        sum(output_tokens)::BIGINT AS output_tokens,
        sum(cache_read_tokens)::BIGINT AS cache_read_tokens,
        sum(cache_write_tokens)::BIGINT AS cache_write_tokens,
        sum(reasoning_tokens)::BIGINT AS reasoning_tokens,
        sum(cost_usd) AS cost_usd,
        count(*) FILTER (unpriced) AS unpriced,
        quantile_cont(duration_ms, 0.5) AS p50_ms,
        quantile_cont(duration_ms, 0.95) AS p95_ms
    FROM calls
    GROUP BY GROUPING SETS ((key), ())
)
SELECT
    * EXCLUDE (place), count(*) FILTER (NOT whole) OVER () AS keys
FROM (
    SELECT
        *,
        row_number() OVER (
            ORDER BY
                whole, CASE WHEN $by = 'day' THEN key END DESC NULLS LAST, cost_usd DESC NULLS LAST, calls DESC, key
        ) AS place
    FROM summed
)
QUALIFY whole OR place BETWEEN $skip + 1 AND $skip + $limit
ORDER BY place
