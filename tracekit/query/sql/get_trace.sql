FROM internal.traces WHERE trace_id = $trace_id;
