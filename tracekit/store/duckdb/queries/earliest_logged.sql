SELECT epoch_us(min(start_time)) * 1000 FROM internal.traces SEMI JOIN incoming_logs USING (trace_id);
