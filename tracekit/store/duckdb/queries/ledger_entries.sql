-- What the ledger needs of spans: the calls, all that tell of usage, and what links them, with the verdicts stored; seq is that of new ones. Only
-- of traces in which one response may be told of twice, or a sum be checked: a span that is no model call tells of usage, a
-- model call has spans beneath it, two have one response id, or siblings come from two instrumentations or end a stream.
WITH near AS MATERIALIZED (
    SELECT
        trace_id, span_id, parent_span_id, kind, start_ns, end_ns, status = 'error' AS failed, scope_name, request_model,
        response_id, coalesce(operation = $fetch, false) AS fetched, input_tokens, output_tokens, cache_read_tokens,
        cache_write_tokens, reasoning_tokens, counted, twin_of, coalesce(told_elsewhere, false) AS told, ledger_fault, seq,
        input_tokens IS NOT NULL OR output_tokens IS NOT NULL AS reports,
        kind IN ('llm', 'embedding') AS is_call
    FROM (
        SELECT * REPLACE (NULL AS seq) FROM internal.spans SEMI JOIN touched USING (trace_id) WHERE start_ns >= $earliest
        UNION ALL BY NAME
        FROM incoming
    )
),
suspects AS (
    SELECT trace_id FROM near WHERE reports AND NOT is_call
    UNION
    SELECT trace_id FROM near WHERE (trace_id, parent_span_id) IN (SELECT (trace_id, span_id) FROM near WHERE is_call)
    UNION
    SELECT trace_id FROM near WHERE is_call AND response_id IS NOT NULL GROUP BY trace_id, response_id HAVING count(*) > 1
    UNION
    SELECT trace_id FROM near WHERE is_call GROUP BY trace_id, parent_span_id
    HAVING min(scope_name) <> max(scope_name) OR (bool_or(NOT reports) AND bool_or(end_ns = start_ns))
)
SELECT * EXCLUDE (reports, is_call)
FROM near SEMI JOIN suspects USING (trace_id)
WHERE reports OR is_call OR (trace_id, span_id) IN (SELECT (trace_id, parent_span_id) FROM near)
ORDER BY trace_id, seq NULLS FIRST;
