-- How many traces there are of each value, facet by facet, of those that the filters let through: for each facet all filters
-- but its own hold. One reading of the traces, one of the tools' names. Of each facet the ten most frequent values are
-- named, and how many there are is counted. Traces have few sets of models: those are counted before names are shortened.
WITH
chosen AS MATERIALIZED (
    SELECT
        trace_id, project, user_id, tags, models,
        CASE
            WHEN error_count > 0 THEN 'error'
            WHEN interrupted_spans > 0 THEN 'interrupted'
            WHEN end_time IS NULL THEN 'running'
            WHEN NOT complete THEN 'incomplete'
            ELSE 'ok'
        END AS state,
        coalesce((/* status */ true), false) AS by_status,
        coalesce((/* model */ true), false) AS by_model,
        coalesce((/* project */ true), false) AS by_project,
        coalesce((/* tool */ true), false) AS by_tool,
        coalesce((/* user */ true), false) AS by_user,
        coalesce((/* tag */ true), false) AS by_tag
    FROM traces
    WHERE /* conditions */ true
),
said AS (
    SELECT 'status' AS facet, state AS value, count(*) AS traces
    FROM chosen WHERE by_model AND by_project AND by_tool AND by_user AND by_tag GROUP BY state
    UNION ALL
    SELECT 'model', model, sum(traces)::BIGINT
    FROM (
        SELECT
            unnest(list_distinct(list_transform(
                models, lambda model: regexp_replace(model, '^.*/|[-@](20\d\d-\d\d-\d\d|20\d{6})$', '', 'g')
            ))) AS model,
            traces
        FROM (
            SELECT models, count(*) AS traces
            FROM chosen WHERE by_status AND by_project AND by_tool AND by_user AND by_tag
            GROUP BY models
        )
    )
    GROUP BY model
    UNION ALL
    SELECT 'project', project, count(*)
    FROM chosen WHERE by_status AND by_model AND by_tool AND by_user AND by_tag GROUP BY project
    UNION ALL
    SELECT 'tool', tool_name, count(DISTINCT trace_id)
    FROM (
        SELECT trace_id, tool_name FROM internal.spans WHERE tool_name IS NOT NULL
        UNION ALL
        SELECT trace_id, tool_name FROM internal.open_spans WHERE tool_name IS NOT NULL
    )
    WHERE trace_id IN (SELECT trace_id FROM chosen WHERE by_status AND by_model AND by_project AND by_user AND by_tag)
    GROUP BY tool_name
    UNION ALL
    SELECT 'user', user_id, count(*)
    FROM chosen WHERE by_status AND by_model AND by_project AND by_tool AND by_tag GROUP BY user_id
    UNION ALL
    SELECT 'tag', tag, count(*)
    FROM (
        SELECT unnest(list_distinct(tags)) AS tag
        FROM chosen WHERE by_status AND by_model AND by_project AND by_tool AND by_user
    )
    GROUP BY tag
)
SELECT facet, value, traces, count(*) OVER (PARTITION BY facet) AS size
FROM said
WHERE value IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY facet ORDER BY traces DESC, value) <= 10
ORDER BY facet, traces DESC, value;
