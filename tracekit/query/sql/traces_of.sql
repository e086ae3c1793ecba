-- Which trace each of these spans is of, and when the span began.
SELECT seq, trace_id, epoch_us(start_time) AS started
FROM internal.spans
WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest(string_split($seqs, ' ')::BIGINT[]));
