-- A model call inside a model call with the same response is the transport's view of it: the outer one owns the usage.
UPDATE internal.spans AS inner_call
SET counted = false, cost_usd = NULL, price_source = NULL
FROM (
    SELECT trace_id, span_id, response_id
    FROM internal.spans SEMI JOIN touched USING (trace_id)
    WHERE start_ns >= $earliest AND kind = 'llm' AND counted AND response_id IS NOT NULL
) AS outer_call
WHERE inner_call.start_ns >= $earliest
    AND inner_call.counted
    AND inner_call.kind = 'llm'
    AND inner_call.trace_id = outer_call.trace_id
    AND inner_call.parent_span_id = outer_call.span_id
    AND inner_call.response_id = outer_call.response_id;
