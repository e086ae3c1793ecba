-- Records that never came, of the processes that wrote spans of a trace. Files of one process have all of their names in common but
-- the time. What a process had numbered a minute before the trace began, or numbered a minute after it ended, is not of it: senders
-- keep spans back for some seconds.
WITH wrote AS (
    SELECT journal
    FROM internal.spans
    WHERE trace_id = $trace_id AND start_ns >= $start_ns AND ($end_ns::BIGINT IS NULL OR start_ns <= $end_ns)
    UNION
    SELECT journal FROM internal.open_spans WHERE trace_id = $trace_id
),
missing AS (
    SELECT *, regexp_replace(journal, '^[0-9]+-', '') AS family
    FROM internal.gaps
    WHERE family IN (SELECT regexp_replace(journal, '^[0-9]+-', '') FROM wrote)
),
files AS (
    SELECT name, regexp_replace(name, '^[0-9]+-', '') AS family
    FROM internal.journals
    WHERE family IN (SELECT family FROM missing)
),
around AS (
    SELECT
        family,
        max(record) FILTER (end_ns < $start_ns - 60_000_000_000) AS before,
        min(record) FILTER (start_ns > $end_ns::BIGINT + 60_000_000_000) AS after
    FROM (
        SELECT journal AS name, record, start_ns, end_ns
        FROM internal.spans
        WHERE start_ns BETWEEN $start_ns - 86_400_000_000_000 AND coalesce($end_ns::BIGINT, $start_ns) + 86_400_000_000_000
    )
    JOIN files USING (name)
    GROUP BY family
)
SELECT coalesce(process, family) AS process, first_missing, last_missing, count
FROM missing LEFT JOIN around USING (family)
WHERE last_missing > coalesce(before, -1) AND (after IS NULL OR first_missing < after)
ORDER BY process, first_missing
