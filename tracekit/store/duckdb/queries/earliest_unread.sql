SELECT epoch_us(min(start_time)) * 1000
FROM internal.traces
SEMI JOIN (SELECT trace_id FROM internal.unread_logs WHERE stored) AS unread USING (trace_id);
