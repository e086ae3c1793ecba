-- What some indexed spans say, without those that cannot hold words in a row: see `candidates.sql`, which does the same for spans that
-- no index has proposed, and by attributes too. Whether `input` and `output` are JSON is seen where they are read: asked here for each
-- row, it would take longer to plan than few rows to be read.
WITH said_by AS (
    SELECT
        seq,
        concat_ws(
            $barrier, system_instructions, input_messages, output_messages, tool_arguments, tool_result, documents
        ) AS json_texts,
        concat_ws($barrier, name, status_message, error_type, tool_name, tool_call_id) AS texts,
        input,
        output,
        concat_ws($barrier, json_texts, texts, input, output) AS said
    FROM internal.spans
    WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest(string_split($seqs, ' ')::BIGINT[]))
)
SELECT seq, json_texts, texts, input, output
FROM said_by
WHERE regexp_matches(said, $pattern)
    OR contains(said, '\u')
    OR (strlen(said) <> length(said) AND regexp_matches(said, '[^\x00-\x7F\x{A0}£§«¶·»¿¡À-ÖØ-Þà-öø-ÿ–—‘’“”„•…€]'));
