-- Stored spans in the order they started, each as the JSON object that `tracekit.collector.stored` reads. JSON columns
-- are text within it: only so do they stay, to the letter, what they are. The view is asked for what only it puts together.
-- Both sides are held to the same times, so that neither is read beyond them.
WITH every AS (
    SELECT *, false AS open FROM internal.spans
    UNION ALL BY NAME
    SELECT * EXCLUDE (journal), true AS open FROM internal.open_spans
)
SELECT
    to_json({
        'trace_id': row.trace_id,
        'span_id': row.span_id,
        'open': row.open,
        'start_ns': row.start_ns,
        'end_ns': row.end_ns,
        'parent_span_id': row.parent_span_id,
        'project': row.project,
        'service': row.service,
        'name': row.name,
        'kind': row.kind,
        'operation': row.operation,
        'provider': row.provider,
        'request_model': row.request_model,
        'response_model': row.response_model,
        'model': row.model,
        'ttft_ms': row.ttft_ms,
        'status': row.status,
        'status_message': row.status_message,
        'error_type': row.error_type,
        'outcome': row.outcome,
        'input_tokens': row.input_tokens,
        'output_tokens': row.output_tokens,
        'cache_read_tokens': row.cache_read_tokens,
        'cache_write_tokens': row.cache_write_tokens,
        'reasoning_tokens': row.reasoning_tokens,
        'counted': row.counted,
        'cost_usd': row.cost_usd,
        'price_source': row.price_source,
        'given_cost_usd': row.given_cost_usd,
        'usage_details': row.usage_details::VARCHAR,
        'usage_fault': row.usage_fault,
        'service_tier': row.service_tier,
        'session_id': row.session_id,
        'user_id': row.user_id,
        'tags': row.tags,
        'finish_reasons': row.finish_reasons,
        'response_id': row.response_id,
        'system_instructions': row.system_instructions::VARCHAR,
        'input_messages': row.input_messages::VARCHAR,
        'output_messages': row.output_messages::VARCHAR,
        'tool_definitions': row.tool_definitions::VARCHAR,
        'input': row.input,
        'output': row.output,
        'tool_name': row.tool_name,
        'tool_call_id': row.tool_call_id,
        'tool_arguments': row.tool_arguments::VARCHAR,
        'tool_result': row.tool_result::VARCHAR,
        'documents': row.documents::VARCHAR,
        'scope_name': row.scope_name,
        'scope_version': row.scope_version,
        'dialect': row.dialect,
        'raw_kind': row.raw_kind,
        'raw_status': row.raw_status,
        'derivation': row.derivation,
        'attributes': spans.attributes::VARCHAR,
        'carried': row.carried,
        'events': row.events::VARCHAR,
        'links': row.links::VARCHAR,
        'resource': row.resource::VARCHAR
    })::VARCHAR AS line
FROM every AS row
JOIN spans USING (trace_id, span_id)
WHERE row.start_ns >= $first AND ($beyond::BIGINT IS NULL OR row.start_ns < $beyond)
    AND spans.start_time >= make_timestamptz($first::BIGINT // 1000)
    AND ($beyond::BIGINT IS NULL OR spans.start_time <= make_timestamptz($beyond::BIGINT // 1000))
    AND ($traces::VARCHAR[] IS NULL OR list_contains($traces, row.trace_id))
ORDER BY row.start_ns, row.trace_id, row.span_id;
