-- Chosen spans as they came: the view puts attributes back together that columns hold.
SELECT
    said.trace_id, said.span_id, said.parent_span_id, said.name, kept.raw_kind, kept.start_ns, kept.end_ns, kept.raw_status,
    said.status, said.status_message, said.outcome, said.attributes, said.events, said.links, said.resource,
    said.scope_name, said.scope_version, said.dialect
FROM chosen
JOIN internal.spans AS kept USING (trace_id, span_id)
JOIN spans AS said USING (trace_id, span_id)
WHERE kept.start_ns BETWEEN $earliest AND $latest
    AND said.start_time BETWEEN make_timestamptz($earliest // 1000) AND make_timestamptz($latest // 1000)
ORDER BY kept.start_ns, said.trace_id, said.span_id;
