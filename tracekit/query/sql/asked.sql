-- What the user said last in the messages of some calls: chats send what was said before with every call.
WITH opening AS (
    SELECT
        trace_id, input_messages AS messages,
        length(input_messages ->> '$[*].role') - list_position(list_reverse(input_messages ->> '$[*].role'), 'user') AS place
    FROM internal.spans
    WHERE seq BETWEEN $low AND $high AND seq IN (SELECT unnest($seqs::BIGINT[]))
)
SELECT
    trace_id,
    left(
        nullif(array_to_string(json_extract(messages, '$[' || place || ']') ->> '$.parts[*].content', chr(10)), ''), $length
    ) AS asked
FROM opening
