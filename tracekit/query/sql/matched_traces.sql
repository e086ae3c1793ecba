-- Numbers come as one text: a list of many would take longer to bind than all the rest.
SELECT list(DISTINCT trace_id) AS trace_ids, min(start_time)::VARCHAR AS earliest, max(start_time)::VARCHAR AS latest
FROM internal.spans
WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest(string_split($seqs, ' ')::BIGINT[]));
