-- Goes before list_traces.sql, which then sees these traces only. A condition there that may hold for all would cost every list.
WITH traces AS (FROM main.traces WHERE trace_id IN (SELECT unnest($among::VARCHAR[])))
