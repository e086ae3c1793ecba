SELECT trace_id, name, avg(value) AS value, arg_max(label, created_at) AS label, count(*) AS count
FROM internal.scores
WHERE trace_id IN (SELECT unnest($traces::VARCHAR[]))
GROUP BY trace_id, name
ORDER BY trace_id, name;
