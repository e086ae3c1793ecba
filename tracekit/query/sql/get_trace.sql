FROM traces WHERE trace_id = $trace_id;
