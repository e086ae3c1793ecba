-- What the ledger needs of the spans of suspect traces: the calls, all that tell of usage, and what links them, with the verdicts
-- stored. seq is that of new spans; a call is `paired` whose siblings come from two instrumentations, or end a stream.
WITH every AS MATERIALIZED (
    SELECT
        trace_id, span_id, parent_span_id, kind, start_ns, end_ns, status = 'error' AS failed, scope_name, request_model,
        response_id, coalesce(operation = $fetch, false) AS fetched, input_tokens, output_tokens, cache_read_tokens,
        cache_write_tokens, reasoning_tokens, cost_usd, given_cost_usd, counted, twin_of,
        coalesce(told_elsewhere, false) AS told, ledger_fault, seq,
        kind IN ('llm', 'embedding') AS is_call,
        input_tokens IS NOT NULL OR output_tokens IS NOT NULL AS reports
    FROM (
        SELECT * REPLACE (NULL AS seq) FROM internal.spans SEMI JOIN suspects USING (trace_id) WHERE start_ns >= $earliest
        UNION ALL BY NAME
        FROM incoming SEMI JOIN suspects USING (trace_id)
    )
),
families AS (
    SELECT trace_id, parent_span_id, true AS paired FROM every
    WHERE is_call AND parent_span_id IS NOT NULL
    GROUP BY trace_id, parent_span_id
    HAVING min(scope_name) <> max(scope_name) OR (bool_or(NOT reports) AND bool_or(end_ns = start_ns))
)
SELECT every.* EXCLUDE (is_call, reports), is_call AND paired IS NOT NULL AS paired
FROM every LEFT JOIN families USING (trace_id, parent_span_id)
WHERE is_call OR reports OR given_cost_usd IS NOT NULL OR (trace_id, span_id) IN (SELECT (trace_id, parent_span_id) FROM every)
ORDER BY trace_id, seq NULLS FIRST;
