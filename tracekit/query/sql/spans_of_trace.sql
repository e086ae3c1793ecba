-- Every column of a trace's spans, in the order they started.
FROM spans WHERE trace_id = $trace_id ORDER BY start_time, span_id;
