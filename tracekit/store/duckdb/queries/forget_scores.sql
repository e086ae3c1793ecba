DELETE FROM internal.scores AS stored USING forgotten WHERE stored.trace_id = forgotten.trace_id;
