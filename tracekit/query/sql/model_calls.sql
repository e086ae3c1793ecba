-- Goes first: the model calls of a time, each response once. Spans that own their usage, and calls that told none and of which no
-- other span tells. `unpriced` is what `unpriced_spans` of a trace counts.
WITH RECURSIVE every AS (
    SELECT
        trace_id, span_id, parent_span_id, project, name, kind, tool_name, operation, status, outcome,
        provider, model, request_model, response_model, service_tier,
        user_id, start_time, start_ns, end_ns, ttft_ms, usage_details, counted, told_elsewhere, twin_of,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd
    FROM internal.spans
    UNION ALL
    SELECT
        trace_id, span_id, parent_span_id, project, name, kind, tool_name, operation, status, outcome,
        provider, model, request_model, response_model, service_tier,
        user_id, start_time, start_ns, end_ns, ttft_ms, usage_details, counted, told_elsewhere, twin_of,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd
    FROM internal.open_spans
),
model_calls AS (
    SELECT
        trace_id, span_id, project, provider, model, request_model, response_model, service_tier, kind, status, user_id, start_time,
        (end_ns - start_ns) / 1e6 AS duration_ms, ttft_ms, usage_details IS NOT NULL AS detailed,
        CASE WHEN counted THEN input_tokens END AS input_tokens,
        CASE WHEN counted THEN output_tokens END AS output_tokens,
        CASE WHEN counted THEN cache_read_tokens END AS cache_read_tokens,
        CASE WHEN counted THEN cache_write_tokens END AS cache_write_tokens,
        CASE WHEN counted THEN reasoning_tokens END AS reasoning_tokens,
        CASE WHEN counted THEN cost_usd END AS cost_usd,
        CASE
            WHEN counted THEN cost_usd IS NULL
            ELSE status <> 'error' AND (end_ns IS NOT NULL OR outcome = 'interrupted')
        END AS unpriced
    FROM every
    WHERE start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
        AND (
            counted
            OR (
                kind IN ('llm', 'embedding')
                AND input_tokens IS NULL AND output_tokens IS NULL
                AND told_elsewhere IS NOT TRUE AND twin_of IS NULL
                AND operation IS DISTINCT FROM $fetch
            )
        )
),
