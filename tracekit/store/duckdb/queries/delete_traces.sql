DELETE FROM internal.traces AS stored USING touched WHERE stored.trace_id = touched.trace_id;
