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

CREATE OR REPLACE VIEW spans AS
WITH every AS (
    FROM internal.spans
    UNION ALL BY NAME
    SELECT * EXCLUDE (journal) FROM internal.open_spans
)
SELECT
    trace_id, span_id, parent_span_id, project, service, name, kind, operation, provider,
    request_model, response_model, model, start_time,
    make_timestamptz(end_ns // 1000) AS end_time,
    (end_ns - start_ns) / 1e6 AS duration_ms,
    ttft_ms, status, status_message, error_type, outcome,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, counted,
    CASE WHEN counted THEN cost_usd END AS cost_usd,
    session_id, user_id, tags, finish_reasons, response_id,
    system_instructions, input_messages, output_messages, tool_definitions, input, output,
    tool_name, tool_call_id, tool_arguments, tool_result, documents,
    scope_name, scope_version, dialect,
    CASE
        WHEN carried IS NULL THEN attributes
        ELSE (
            '{'
            || concat_ws(
                ',',
                nullif(substr(attributes::VARCHAR, 2, length(attributes::VARCHAR) - 2), ''),
                array_to_string(
                    list_transform(
                        list_transform(
                            carried,
                            lambda part: struct_insert(part, said := CASE part.source
                                WHEN 'input_messages' THEN input_messages::VARCHAR
                                WHEN 'output_messages' THEN output_messages::VARCHAR
                                WHEN 'system_instructions' THEN system_instructions::VARCHAR
                                WHEN 'tool_definitions' THEN tool_definitions::VARCHAR
                                WHEN 'tool_arguments' THEN tool_arguments::VARCHAR
                                WHEN 'tool_result' THEN tool_result::VARCHAR
                                WHEN 'documents' THEN documents::VARCHAR
                                WHEN 'input' THEN input
                                WHEN 'output' THEN output
                            END)
                        ),
                        lambda part: to_json(part.attribute)::VARCHAR || ':'
                            || CASE WHEN part.encoded THEN to_json(part.said)::VARCHAR ELSE part.said END
                    ),
                    ','
                )
            )
            || '}'
        )::JSON
    END AS attributes,
    events, links, resource,
    CASE
        WHEN coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) <= input_tokens
            THEN input_tokens - coalesce(cache_read_tokens, 0) - coalesce(cache_write_tokens, 0)
    END AS uncached_input_tokens,
    CASE WHEN coalesce(reasoning_tokens, 0) <= output_tokens THEN output_tokens - coalesce(reasoning_tokens, 0) END
        AS visible_output_tokens,
    usage_details, service_tier,
    CASE WHEN counted THEN price_source END AS price_source,
    given_cost_usd, twin_of,
    nullif(concat_ws('; ', usage_fault, ledger_fault), '') AS usage_fault
FROM every;
