-- After failures.sql: the kinds of failure, the commonest first, with how many there are in all.
SELECT
    fingerprint,
    any_value(error_type) AS error_type,
    any_value(said) AS message,
    any_value(name) AS name,
    mode(kind) AS kind,
    count(*) AS count,
    count(DISTINCT trace_id) AS traces,
    min(start_time) AS first_seen,
    max(start_time) AS last_seen,
    arg_max(trace_id, start_time) AS newest_trace,
    arg_max(span_id, start_time) AS newest_span,
    arg_max(message, start_time) AS newest_message,
    sum(count(*)) OVER ()::BIGINT AS all_failed,
    count(*) OVER () AS groups
FROM named
WHERE $fingerprint::VARCHAR IS NULL OR fingerprint = $fingerprint
GROUP BY fingerprint
ORDER BY count DESC, last_seen DESC, fingerprint
LIMIT $limit OFFSET $skip
