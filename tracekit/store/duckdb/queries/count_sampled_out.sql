INSERT INTO internal.sampled_out
SELECT
    project,
    date_trunc('day', start_time)::DATE,
    count(*),
    sum(span_count),
    sum(input_tokens),
    sum(output_tokens),
    sum(cost_usd)
FROM internal.traces
WHERE trace_id IN (SELECT trace_id FROM forgotten)
GROUP BY ALL;
