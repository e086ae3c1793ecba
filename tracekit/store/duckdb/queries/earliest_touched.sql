SELECT epoch_us(min(start_time)) * 1000 FROM internal.traces SEMI JOIN touched USING (trace_id);
