-- Of those that fit, how many have no span that has ended: nothing is known of what went in and came out.
SELECT count(*)
FROM internal.traces
WHERE /* conditions */ true
    AND end_time IS NULL
    AND trace_id NOT IN (SELECT trace_id FROM internal.spans);
