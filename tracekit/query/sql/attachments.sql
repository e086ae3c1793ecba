-- The SHA-256 of each attachment that a row refers to.
WITH texts AS (
    SELECT concat_ws(' ', attributes, system_instructions, input_messages, output_messages, tool_definitions,
        tool_arguments, tool_result, documents, input, output, events) AS said
    FROM internal.spans
    UNION ALL
    SELECT concat_ws(' ', attributes, system_instructions, input_messages, output_messages, tool_definitions,
        tool_arguments, tool_result, documents, input, output, events)
    FROM internal.open_spans
    UNION ALL
    SELECT concat_ws(' ', attributes, body) FROM internal.logs
)
SELECT DISTINCT unnest(regexp_extract_all(said, 'tracekit-attachment:sha256:([0-9a-f]{64})', 1))
FROM texts
WHERE contains(said, 'tracekit-attachment:sha256:')
