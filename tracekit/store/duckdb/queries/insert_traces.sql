-- The summary of each touched trace, from all its spans, ended and open.
-- Tokens and cost are summed over counted spans; NULL when none of them is known. The cost is a lower bound where unpriced_spans
-- is not 0: calls whose price is not known, and calls that answered and told no usage.
INSERT INTO internal.traces BY NAME
WITH every AS (
    SELECT
        trace_id, span_id, parent_span_id, project, service, name, kind, model, start_time, start_ns, end_ns, status, outcome,
        operation, counted, told_elsewhere, input_tokens, output_tokens, cost_usd, usage_fault, ledger_fault,
        session_id, user_id, tags, user_text, assistant_text, input_text, output_text
    FROM internal.spans SEMI JOIN touched USING (trace_id)
    WHERE start_ns >= $earliest
    UNION ALL
    SELECT
        trace_id, span_id, parent_span_id, project, service, name, kind, model, start_time, start_ns, end_ns, status, outcome,
        operation, counted, told_elsewhere, input_tokens, output_tokens, cost_usd, usage_fault, ledger_fault,
        session_id, user_id, tags, user_text, assistant_text, input_text, output_text
    FROM internal.open_spans SEMI JOIN touched USING (trace_id)
),
absent AS (
    SELECT child.trace_id, count(DISTINCT child.parent_span_id) AS missing_spans
    FROM every AS child
    ANTI JOIN every AS parent ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_span_id
    WHERE child.parent_span_id IS NOT NULL
    GROUP BY child.trace_id
),
summed AS (
    SELECT
        trace_id,
        coalesce(arg_min(project, start_ns) FILTER (parent_span_id IS NULL), arg_min(project, start_ns)) AS project,
        coalesce(arg_min(service, start_ns) FILTER (parent_span_id IS NULL), arg_min(service, start_ns)) AS service,
        coalesce(arg_min(name, start_ns) FILTER (parent_span_id IS NULL), arg_min(name, start_ns)) AS name,
        min(start_time) AS start_time,
        CASE WHEN count(*) = count(end_ns) THEN max(end_ns) END AS end_ns,
        min(start_ns) AS start_ns,
        count(*) AS span_count,
        count_if(status = 'error') AS error_count,
        count(*) FILTER (outcome = 'interrupted') AS interrupted_spans,
        coalesce(list_sort(list(DISTINCT outcome) FILTER (outcome <> 'complete')), []) AS outcomes,
        arg_min(status, start_ns) FILTER (parent_span_id IS NULL) AS root_status,
        CASE
            WHEN count_if(status = 'error') > 0 THEN 'error'
            WHEN count_if(status = 'ok') > 0 THEN 'ok'
            ELSE 'unset'
        END AS status,
        coalesce(
            list_sort(list(DISTINCT model) FILTER (model IS NOT NULL AND kind IN ('llm', 'embedding'))), []
        ) AS models,
        (sum(input_tokens) FILTER (counted))::BIGINT AS input_tokens,
        (sum(output_tokens) FILTER (counted))::BIGINT AS output_tokens,
        sum(cost_usd) FILTER (counted) AS cost_usd,
        count(*) FILTER (
            CASE
                WHEN counted THEN cost_usd IS NULL
                ELSE kind IN ('llm', 'embedding')
                    AND input_tokens IS NULL AND output_tokens IS NULL
                    AND status <> 'error'
                    AND (end_ns IS NOT NULL OR outcome = 'interrupted')
                    AND told_elsewhere IS NOT TRUE
                    AND operation IS DISTINCT FROM $fetch
            END
        ) AS unpriced_spans,
        count(coalesce(usage_fault, ledger_fault)) AS usage_faults,
        arg_min(session_id, start_ns) AS session_id,
        arg_min(user_id, start_ns) AS user_id,
        coalesce(list_sort(list_distinct(flatten(list(tags) FILTER (tags IS NOT NULL)))), []) AS tags,
        coalesce(arg_min(user_text, start_ns), arg_min(input_text, start_ns)) AS input_preview,
        coalesce(
            arg_max(assistant_text, coalesce(end_ns, start_ns)), arg_max(output_text, coalesce(end_ns, start_ns))
        ) AS output_preview,
        count_if(parent_span_id IS NULL) > 0 AND count(*) = count(end_ns) AS ended
    FROM every
    GROUP BY trace_id
)
SELECT
    trace_id, project, service, name, start_time,
    make_timestamptz(end_ns // 1000) AS end_time,
    (end_ns - start_ns) / 1e6 AS duration_ms,
    span_count, error_count, status, models, input_tokens, output_tokens, cost_usd, session_id, user_id, tags,
    input_preview, output_preview,
    ended AND absent.missing_spans IS NULL AS complete,
    coalesce(absent.missing_spans, 0) AS missing_spans,
    interrupted_spans, root_status, outcomes, unpriced_spans, usage_faults
FROM summed LEFT JOIN absent USING (trace_id);
