-- The first model call with messages of each of some traces, by its number: messages are long, and only these are read then.
SELECT arg_min(seq, start_time) AS seq
FROM internal.spans
WHERE trace_id IN (SELECT unnest($trace_ids::VARCHAR[])) AND kind = 'llm' AND input_messages IS NOT NULL
    AND start_time >= $since::TIMESTAMPTZ AND ($until::VARCHAR IS NULL OR start_time <= $until::TIMESTAMPTZ)
GROUP BY trace_id
