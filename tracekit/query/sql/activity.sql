-- Spans that began in a time, in groups: of models and tools those that have one, by name all, by project the calls of models.
-- Tokens and cost are of those that own their usage, so that none is counted twice.
SELECT
    CASE $by WHEN 'model' THEN model WHEN 'tool' THEN tool_name WHEN 'project' THEN project ELSE name END AS "group",
    count(*) AS calls,
    count(*) FILTER (WHERE end_time IS NULL) AS running,
    count(*) FILTER (WHERE status = 'error') AS errors,
    count(*) / $seconds::DOUBLE AS calls_per_second,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    sum(input_tokens) FILTER (WHERE counted)::BIGINT AS input_tokens,
    sum(output_tokens) FILTER (WHERE counted)::BIGINT AS output_tokens,
    sum(cost_usd) FILTER (WHERE counted) AS cost_usd,
    count(*) FILTER (WHERE counted AND kind IN ('llm', 'embedding') AND cost_usd IS NULL) AS unpriced
FROM spans
WHERE start_time >= $from::TIMESTAMPTZ
    AND start_time < $to::TIMESTAMPTZ
    AND twin_of IS NULL
    AND CASE $by
        WHEN 'model' THEN model IS NOT NULL
        WHEN 'tool' THEN tool_name IS NOT NULL AND kind = 'tool'
        WHEN 'project' THEN kind IN ('llm', 'embedding')
        ELSE true
    END
    AND ($all OR trace_id IN (SELECT trace_id FROM traces WHERE /* conditions */ true))
GROUP BY "group"
ORDER BY calls DESC, "group";
