SELECT list(DISTINCT trace_id) AS trace_ids, min(start_time)::VARCHAR AS earliest, max(start_time)::VARCHAR AS latest
FROM internal.spans
WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest($seqs::BIGINT[]));
