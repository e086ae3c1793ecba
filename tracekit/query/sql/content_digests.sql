-- What was asked and answered in each span of a trace, as digests: enough to say that it differs, without bringing it here.
-- The ids of tool calls are new each time, and say nothing.
SELECT
    span_id,
    md5(concat_ws(
        chr(31),
        system_instructions::VARCHAR,
        regexp_replace(input_messages::VARCHAR, $ids, '', 'g'),
        tool_definitions::VARCHAR,
        tool_arguments::VARCHAR,
        input
    )) AS asked,
    md5(concat_ws(
        chr(31),
        regexp_replace(output_messages::VARCHAR, $ids, '', 'g'),
        tool_result::VARCHAR,
        documents::VARCHAR,
        output
    )) AS answered
FROM spans
WHERE trace_id = $trace_id AND start_time >= make_timestamptz($start_ns::BIGINT // 1000);
