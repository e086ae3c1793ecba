-- What the ledger needs of the suspects' spans: the calls, all that tell of usage, and what links them.
WITH near AS (
    FROM internal.spans
    WHERE start_ns >= $earliest AND list_contains($suspects, trace_id)
)
SELECT
    trace_id, span_id, parent_span_id, kind, start_ns, end_ns, status = 'error' AS failed, scope_name, request_model, response_id,
    coalesce(operation = $fetch, false) AS fetched, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, counted, twin_of, told_elsewhere, ledger_fault
FROM near
WHERE kind IN ('llm', 'embedding')
    OR input_tokens IS NOT NULL
    OR output_tokens IS NOT NULL
    OR (trace_id, span_id) IN (SELECT (trace_id, parent_span_id) FROM near)
ORDER BY trace_id;
