-- Where pages of spans begin that are to hold about so many each: starts, as nanoseconds.
WITH every AS (
    SELECT start_ns FROM internal.spans WHERE $traces::VARCHAR[] IS NULL OR list_contains($traces, trace_id)
    UNION ALL
    SELECT start_ns FROM internal.open_spans WHERE $traces::VARCHAR[] IS NULL OR list_contains($traces, trace_id)
)
SELECT DISTINCT start_ns
FROM (SELECT start_ns, row_number() OVER (ORDER BY start_ns) AS number FROM every)
WHERE number % $size::BIGINT = 1 OR $size::BIGINT = 1
ORDER BY start_ns;
