SELECT DISTINCT trace_id
FROM internal.spans
WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest($seqs::BIGINT[]));
