trace_id IN (SELECT unnest($among::VARCHAR[]))
