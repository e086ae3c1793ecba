-- Those that fit, in an order of the list; one more than are wanted tells that there are more.
SELECT trace_id
FROM internal.traces
WHERE /* conditions */ true
ORDER BY coalesce((/* key */ NULL)::DOUBLE, '-infinity'::DOUBLE) DESC, start_time DESC, trace_id DESC
LIMIT $limit;
