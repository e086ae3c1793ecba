-- Calls of tools by name, in one scan; those told twice are told once. The names that are called most, and how many there are in all.
SELECT
    coalesce(tool_name, name) AS tool,
    count(*) AS calls,
    count(*) FILTER (status = 'error') AS failed,
    count(*) FILTER (end_time IS NULL) AS open,
    count(DISTINCT trace_id) AS traces,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    quantile_cont(duration_ms, 0.99) AS p99_ms,
    max(start_time) AS last_called,
    arg_max(trace_id, start_time) AS newest_trace,
    arg_max(span_id, start_time) AS newest_span,
    arg_max(trace_id, start_time) FILTER (status = 'error') AS failed_trace,
    arg_max(span_id, start_time) FILTER (status = 'error') AS failed_span,
    sum(count(*)) OVER ()::BIGINT AS all_calls,
    count(*) OVER () AS tools
FROM spans
WHERE kind = 'tool' AND twin_of IS NULL AND start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
GROUP BY tool
ORDER BY calls DESC, tool
LIMIT $limit OFFSET $skip
