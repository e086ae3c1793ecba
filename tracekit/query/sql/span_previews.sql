-- The beginning of what went into each span of a trace and of what came out, whatever kind it is.
SELECT
    span_id,
    left(coalesce(
        input_messages ->> '$[#-1].parts[0].content',
        tool_arguments::VARCHAR,
        input,
        input_messages::VARCHAR
    ), $length) AS input,
    left(coalesce(
        output_messages ->> '$[0].parts[0].content',
        tool_result::VARCHAR,
        output,
        documents::VARCHAR,
        output_messages ->> '$[0].parts[0]',
        output_messages::VARCHAR
    ), $length) AS output,
    status_message
FROM spans
WHERE trace_id = $trace_id
