-- The ledger: what a span says of its usage stays in its row for good, owned or not; what the other spans of its trace make of
-- that is set anew by each commit: `counted`, `twin_of`, `told_elsewhere` (a twin, or a sum of calls beneath it), `ledger_fault`.
ALTER TABLE internal.spans ADD COLUMN usage_details JSON;
ALTER TABLE internal.spans ADD COLUMN usage_fault VARCHAR;
ALTER TABLE internal.spans ADD COLUMN service_tier VARCHAR;
ALTER TABLE internal.spans ADD COLUMN given_cost_usd DOUBLE;
ALTER TABLE internal.spans ADD COLUMN twin_of VARCHAR;
ALTER TABLE internal.spans ADD COLUMN told_elsewhere BOOLEAN;
ALTER TABLE internal.spans ADD COLUMN ledger_fault VARCHAR;
ALTER TABLE internal.spans ADD COLUMN input_text VARCHAR;
ALTER TABLE internal.spans ADD COLUMN output_text VARCHAR;

ALTER TABLE internal.open_spans ADD COLUMN usage_details JSON;
ALTER TABLE internal.open_spans ADD COLUMN usage_fault VARCHAR;
ALTER TABLE internal.open_spans ADD COLUMN service_tier VARCHAR;
ALTER TABLE internal.open_spans ADD COLUMN given_cost_usd DOUBLE;
ALTER TABLE internal.open_spans ADD COLUMN twin_of VARCHAR;
ALTER TABLE internal.open_spans ADD COLUMN told_elsewhere BOOLEAN;
ALTER TABLE internal.open_spans ADD COLUMN ledger_fault VARCHAR;
ALTER TABLE internal.open_spans ADD COLUMN input_text VARCHAR;
ALTER TABLE internal.open_spans ADD COLUMN output_text VARCHAR;

ALTER TABLE internal.traces ADD COLUMN root_status VARCHAR;
ALTER TABLE internal.traces ADD COLUMN outcomes VARCHAR[];
ALTER TABLE internal.traces ADD COLUMN unpriced_spans BIGINT;
ALTER TABLE internal.traces ADD COLUMN usage_faults BIGINT;

-- Twins that were folded before are named; their cost, which was taken from them, comes back when they are read anew.
UPDATE internal.spans AS twin
SET twin_of = call.span_id, told_elsewhere = true
FROM internal.spans AS call
WHERE twin.kind = 'llm' AND NOT twin.counted AND twin.response_id IS NOT NULL
    AND call.counted
    AND call.trace_id = twin.trace_id
    AND call.span_id = twin.parent_span_id
    AND call.response_id = twin.response_id;

UPDATE internal.traces AS summed
SET root_status = found.root_status, outcomes = found.outcomes, unpriced_spans = found.unpriced_spans, usage_faults = 0
FROM (
    SELECT
        trace_id,
        arg_min(status, start_ns) FILTER (parent_span_id IS NULL) AS root_status,
        coalesce(list_sort(list(DISTINCT outcome) FILTER (outcome <> 'complete')), []) AS outcomes,
        count(*) FILTER (counted AND cost_usd IS NULL) AS unpriced_spans
    FROM (
        SELECT trace_id, parent_span_id, status, start_ns, outcome, counted, cost_usd FROM internal.spans
        UNION ALL
        SELECT trace_id, parent_span_id, status, start_ns, outcome, counted, cost_usd FROM internal.open_spans
    )
    GROUP BY trace_id
) AS found
WHERE summed.trace_id = found.trace_id;
