-- After model_calls.sql, before usage.sql or caching.sql: calls by the tool beneath which they were made, the nearest one. No tool
-- made the others. A span is looked for beneath those of its own time.
near AS (
    SELECT trace_id, span_id, parent_span_id, CASE WHEN kind = 'tool' THEN coalesce(tool_name, name) END AS tool
    FROM every
    WHERE $by = 'tool' AND start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
),
beneath AS (
    SELECT trace_id, span_id, tool FROM near WHERE tool IS NOT NULL
    UNION
    SELECT near.trace_id, near.span_id, beneath.tool
    FROM beneath JOIN near ON near.trace_id = beneath.trace_id AND near.parent_span_id = beneath.span_id
    WHERE near.tool IS NULL
),
calls AS (
    SELECT model_calls.*, beneath.tool AS key
    FROM model_calls LEFT JOIN beneath USING (trace_id, span_id)
)
