-- Content that a column holds is no longer held a second time in `attributes`: `carried` names each attribute that was left
-- out, the column that says it, and whether the attribute is text of which the column has the JSON. The view puts it back.
ALTER TABLE internal.spans ADD COLUMN carried STRUCT(attribute VARCHAR, source VARCHAR, encoded BOOLEAN)[];
ALTER TABLE internal.open_spans ADD COLUMN carried STRUCT(attribute VARCHAR, source VARCHAR, encoded BOOLEAN)[];

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
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, counted, cost_usd,
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
    events, links, resource
FROM every;
