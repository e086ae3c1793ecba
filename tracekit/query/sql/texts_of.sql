-- What some indexed spans say, as `rows_between.sql` of the index has it, without those that cannot hold words in a row; see
-- `candidates.sql`, which does the same for spans that no index has proposed, and by attributes too.
WITH said_by AS (
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
        json_texts || $barrier || texts AS said
    FROM internal.spans
    WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest(string_split($seqs, ' ')::BIGINT[]))
)
SELECT seq, json_texts, texts
FROM said_by
WHERE $pattern::VARCHAR IS NULL
    OR regexp_matches(said, $pattern)
    OR contains(said, '\u')
    OR (strlen(said) <> length(said) AND regexp_matches(said, '[^\x00-\x7F\x{A0}£§«¶·»¿¡À-ÖØ-Þà-öø-ÿ–—‘’“”„•…€]'));
