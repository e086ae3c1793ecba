DELETE FROM internal.spans AS stored USING forgotten WHERE stored.trace_id = forgotten.trace_id;
