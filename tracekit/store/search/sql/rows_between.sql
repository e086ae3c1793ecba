-- What can be found of each span: JSON, plain text (which `input` and `output` may both be), attributes. Spans that are
-- open have no number yet: with $open they come below 0, with their traces and ids.
WITH every AS (
    FROM internal.spans
    WHERE seq BETWEEN $low AND $high AND ($only::BIGINT[] IS NULL OR seq IN (SELECT unnest($only::BIGINT[])))
    UNION ALL BY NAME
    SELECT * EXCLUDE (journal) REPLACE (-row_number() OVER () AS seq) FROM internal.open_spans WHERE $open
)
SELECT
    seq,
    CASE WHEN seq < 0 THEN trace_id END AS trace_id,
    CASE WHEN seq < 0 THEN span_id END AS span_id,
    concat_ws(
        $barrier,
        system_instructions, input_messages, output_messages, tool_arguments, tool_result, documents,
        CASE WHEN input[1] IN ('{', '[') THEN input END,
        CASE WHEN output[1] IN ('{', '[') THEN output END
    ) AS json_texts,
    concat_ws(
        $barrier,
        name, status_message, error_type, tool_name, tool_call_id,
        CASE WHEN input[1] NOT IN ('{', '[') THEN input END,
        CASE WHEN output[1] NOT IN ('{', '[') THEN output END
    ) AS texts,
    attributes,
    list_transform(carried, lambda part: part.attribute) AS carried
FROM every;
