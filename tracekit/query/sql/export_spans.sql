-- Stored spans in the order they started, each as the JSON object that `tracekit.collector.stored` reads. JSON columns
-- are text within it: only so do they stay, to the letter, what they are.
WITH exact AS (
    SELECT trace_id, span_id, start_ns, end_ns, price_source, false AS open FROM internal.spans
    WHERE start_ns >= $after_ns AND ($traces::VARCHAR[] IS NULL OR list_contains($traces, trace_id))
    UNION ALL
    SELECT trace_id, span_id, start_ns, end_ns, price_source, true AS open FROM internal.open_spans
    WHERE start_ns >= $after_ns AND ($traces::VARCHAR[] IS NULL OR list_contains($traces, trace_id))
),
page AS (
    FROM exact
    WHERE (start_ns, trace_id, span_id) > ($after_ns::BIGINT, $after_trace::VARCHAR, $after_span::VARCHAR)
    ORDER BY start_ns, trace_id, span_id
    LIMIT $limit
)
SELECT
    page.start_ns, page.trace_id, page.span_id,
    to_json({
        'trace_id': page.trace_id,
        'span_id': page.span_id,
        'parent_span_id': parent_span_id,
        'open': page.open,
        'project': project,
        'service': service,
        'name': name,
        'kind': kind,
        'operation': operation,
        'provider': provider,
        'request_model': request_model,
        'response_model': response_model,
        'model': model,
        'start_ns': page.start_ns,
        'end_ns': page.end_ns,
        'ttft_ms': ttft_ms,
        'status': status,
        'status_message': status_message,
        'error_type': error_type,
        'outcome': outcome,
        'input_tokens': input_tokens,
        'output_tokens': output_tokens,
        'cache_read_tokens': cache_read_tokens,
        'cache_write_tokens': cache_write_tokens,
        'reasoning_tokens': reasoning_tokens,
        'counted': counted,
        'cost_usd': cost_usd,
        'price_source': page.price_source,
        'session_id': session_id,
        'user_id': user_id,
        'tags': tags,
        'finish_reasons': finish_reasons,
        'response_id': response_id,
        'system_instructions': system_instructions::VARCHAR,
        'input_messages': input_messages::VARCHAR,
        'output_messages': output_messages::VARCHAR,
        'tool_definitions': tool_definitions::VARCHAR,
        'input': input,
        'output': output,
        'tool_name': tool_name,
        'tool_call_id': tool_call_id,
        'tool_arguments': tool_arguments::VARCHAR,
        'tool_result': tool_result::VARCHAR,
        'documents': documents::VARCHAR,
        'scope_name': scope_name,
        'scope_version': scope_version,
        'dialect': dialect,
        'attributes': attributes::VARCHAR,
        'events': events::VARCHAR,
        'links': links::VARCHAR,
        'resource': resource::VARCHAR
    })::VARCHAR AS line
FROM spans JOIN page USING (trace_id, span_id)
WHERE start_time >= make_timestamptz($after_ns::BIGINT // 1000)
ORDER BY page.start_ns, page.trace_id, page.span_id;
