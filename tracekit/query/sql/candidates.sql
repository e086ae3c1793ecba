-- Spans that may hold what is asked for, and what they say, as `rows_between.sql` of the index has it; only what is asked of is
-- read. A JSON text without a backslash says all that it says as it is. A text without `\u` and without signs that folding
-- could turn into letters has the letters that it shows: the signs beyond ASCII of which that is known are named.
WITH near AS (
    SELECT
        seq,
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
        json_texts || $barrier || texts AS said,
        attributes::VARCHAR AS attributes,
        list_transform(carried, lambda part: part.attribute) AS carried
    FROM internal.spans
    WHERE seq BETWEEN $low AND $high
)
SELECT
    seq,
    CASE WHEN $texts THEN json_texts END AS json_texts,
    CASE WHEN $texts THEN texts END AS texts,
    attributes,
    carried
FROM near
WHERE (
        $members::VARCHAR[] IS NULL
        OR contains(attributes, '\')
        OR len(list_filter($members::VARCHAR[], lambda member: NOT contains(concat(attributes, to_json(carried)), member))) = 0
    )
    AND (
        $pattern::VARCHAR IS NULL
        OR contains(said, '\u')
        OR (strlen(said) <> length(said) AND regexp_matches(said, '[^\x00-\x7F\x{A0}£§«¶·»¿¡À-ÖØ-Þà-öø-ÿ–—‘’“”„•…€]'))
        OR regexp_matches(said, $pattern)
    )
ORDER BY seq DESC;
