-- After one of usage_of_*.sql: what its calls read from caches and wrote to them, apart where prices may be: by model, tier of
-- service, day, and by the sizes of input above which lists have other prices.
SELECT
    key, provider, response_model, request_model, service_tier,
    epoch_us(start_time) // 86400000000 AS day,
    CASE
        WHEN input_tokens > 272000 THEN 3
        WHEN input_tokens > 200000 THEN 2
        WHEN input_tokens > 128000 THEN 1
        ELSE 0
    END AS size,
    -- parts with prices of their own, or parts that exceed their whole: what they saved cannot be told
    detailed OR input_tokens IS NULL OR coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) > input_tokens AS apart,
    any_value(kind) AS kind,
    count(*) AS calls,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(coalesce(cache_read_tokens, 0))::BIGINT AS cache_read_tokens,
    sum(coalesce(cache_write_tokens, 0))::BIGINT AS cache_write_tokens
FROM calls
WHERE cache_read_tokens > 0 OR cache_write_tokens > 0
GROUP BY ALL
