-- The spans of a trace that have ended, by the numbers under which their texts are read, greatest first.
SELECT seq, span_id
FROM internal.spans
WHERE trace_id = $trace_id AND start_ns >= $start_ns
ORDER BY seq DESC;
