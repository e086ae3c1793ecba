FROM scores WHERE trace_id = $trace_id ORDER BY created_at, name;
