-- After failures.sql: the traces in which a kind of failure happened, the newest first, with its last failure in each.
SELECT
    traces.trace_id, traces.name, traces.start_time, traces.duration_ms, traces.input_preview, traces.user_id, traces.session_id,
    arg_max(named.span_id, named.start_time) AS span_id,
    arg_max(named.message, named.start_time) AS said,
    count(*) AS failed
FROM named JOIN traces USING (trace_id)
WHERE fingerprint = $fingerprint
GROUP BY ALL
ORDER BY traces.start_time DESC, traces.trace_id
LIMIT $limit OFFSET $skip
