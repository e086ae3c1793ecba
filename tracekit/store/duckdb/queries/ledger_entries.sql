-- What the ledger needs of spans: the calls, all that tell of usage, and what links them, with the verdicts stored; seq is that
-- of new ones. Only of traces in which one response may be told of twice, or a sum be checked: a span that is no model call
-- tells of usage, a model call has spans beneath it, two have one response id, or siblings come from two instrumentations or
-- end a stream (`paired`). Traces are sifted by a few columns: mostly there is nothing, and the others need not be read.
WITH every AS (
    SELECT * REPLACE (NULL AS seq) FROM internal.spans SEMI JOIN touched USING (trace_id) WHERE start_ns >= $earliest
    UNION ALL BY NAME
    FROM incoming
),
near AS MATERIALIZED (
    SELECT
        trace_id, span_id, parent_span_id, response_id, scope_name,
        input_tokens IS NOT NULL OR output_tokens IS NOT NULL AS reports,
        kind IN ('llm', 'embedding') AS is_call,
        coalesce(end_ns = start_ns, false) AS momentary
    FROM every
),
calls AS MATERIALIZED (
    FROM near WHERE is_call
),
families AS MATERIALIZED (
    SELECT trace_id, parent_span_id FROM calls GROUP BY trace_id, parent_span_id
    HAVING count(*) > 1 AND (min(scope_name) <> max(scope_name) OR (bool_or(NOT reports) AND bool_or(momentary)))
),
suspects AS MATERIALIZED (
    SELECT trace_id FROM near WHERE reports AND NOT is_call
    UNION
    SELECT near.trace_id FROM near
    JOIN calls ON calls.trace_id = near.trace_id AND calls.span_id = near.parent_span_id
    UNION
    SELECT trace_id FROM calls WHERE response_id IS NOT NULL GROUP BY trace_id, response_id HAVING count(*) > 1
    UNION
    SELECT trace_id FROM families
)
SELECT
    trace_id, span_id, parent_span_id, kind, start_ns, end_ns, status = 'error' AS failed, scope_name, request_model,
    response_id, coalesce(operation = $fetch, false) AS fetched, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, counted, twin_of, coalesce(told_elsewhere, false) AS told, ledger_fault, seq,
    coalesce(kind IN ('llm', 'embedding')
        AND (trace_id, parent_span_id) IN (SELECT (trace_id, parent_span_id) FROM families), false) AS paired
FROM every SEMI JOIN suspects USING (trace_id)
WHERE kind IN ('llm', 'embedding')
    OR input_tokens IS NOT NULL
    OR output_tokens IS NOT NULL
    OR (trace_id, span_id) IN (SELECT (trace_id, parent_span_id) FROM near WHERE trace_id IN (FROM suspects))
ORDER BY trace_id, seq NULLS FIRST;
