-- Touched traces in which one response may be told of twice, or a sum be checked: a span that is no model call tells of usage or cost,
-- a model call has spans beneath it, two have one response id or come from two instrumentations, or siblings end a stream.
WITH near AS MATERIALIZED (
    SELECT
        trace_id, span_id, parent_span_id, response_id, scope_name,
        input_tokens IS NOT NULL OR output_tokens IS NOT NULL AS reports,
        given_cost_usd IS NOT NULL AS is_priced,
        kind IN ('llm', 'embedding') AS is_call,
        coalesce(end_ns = start_ns, false) AS momentary
    FROM (
        FROM internal.spans SEMI JOIN touched USING (trace_id) WHERE start_ns >= $earliest
        UNION ALL BY NAME
        FROM incoming
    )
),
calls AS MATERIALIZED (
    FROM near WHERE is_call
)
SELECT DISTINCT trace_id
FROM (
    SELECT trace_id FROM near WHERE (reports OR is_priced) AND NOT is_call
    UNION ALL
    SELECT near.trace_id FROM near
    SEMI JOIN calls ON calls.trace_id = near.trace_id AND calls.span_id = near.parent_span_id
    UNION ALL
    SELECT trace_id FROM calls WHERE response_id IS NOT NULL
    GROUP BY trace_id HAVING count(*) > count(DISTINCT response_id)
    UNION ALL
    SELECT trace_id FROM calls GROUP BY trace_id HAVING min(scope_name) <> max(scope_name)
    UNION ALL
    SELECT trace_id FROM calls GROUP BY trace_id, parent_span_id HAVING bool_or(NOT reports) AND bool_or(momentary)
);
