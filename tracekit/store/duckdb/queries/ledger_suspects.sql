-- Traces in which one response may be told of twice, or a sum be checked: a span that is no model call tells of usage, a
-- model call has spans beneath it, two have one response id, or siblings come from two instrumentations or end a stream.
WITH near AS (
    SELECT
        trace_id, span_id, parent_span_id, kind, response_id, scope_name,
        input_tokens IS NOT NULL OR output_tokens IS NOT NULL AS reports,
        end_ns = start_ns AS instant
    FROM internal.spans SEMI JOIN touched USING (trace_id)
    WHERE start_ns >= $earliest
),
calls AS (
    FROM near WHERE kind IN ('llm', 'embedding')
)
SELECT trace_id FROM near WHERE reports AND kind NOT IN ('llm', 'embedding')
UNION
SELECT trace_id FROM near WHERE (trace_id, parent_span_id) IN (SELECT (trace_id, span_id) FROM calls)
UNION
SELECT trace_id FROM calls WHERE response_id IS NOT NULL GROUP BY trace_id, response_id HAVING count(*) > 1
UNION
SELECT trace_id FROM calls GROUP BY trace_id, parent_span_id
HAVING min(scope_name) <> max(scope_name) OR (bool_or(NOT reports) AND bool_or(instant));
