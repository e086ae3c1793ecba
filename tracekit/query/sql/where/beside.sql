trace_id NOT IN (SELECT unnest($beside::VARCHAR[]))
