-- What processes have said last of their own tracing. It stands with how far their journals are read; of a process that went on in
-- another file, or closed its journal and opened another, the last report counts all that the ones before did.
CREATE VIEW internal.reports AS
SELECT name AS journal, process, state -> '$.header' AS header, state -> '$.health' AS report
FROM (SELECT name, process, state::JSON AS state FROM internal.journals WHERE contains(state, '"health":{'))
WHERE report IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY report ->> '$.id' ORDER BY (report ->> '$.time_ns')::BIGINT DESC) = 1;

CREATE VIEW processes AS
SELECT
    process,
    (header ->> '$.pid')::BIGINT AS pid,
    header ->> '$.host' AS host,
    header ->> '$.argv[0]' AS program,
    header ->> '$.python' AS python,
    header ->> '$.tracekit' AS tracekit,
    make_timestamptz((header ->> '$.started_ns')::BIGINT // 1000) AS started_at,
    make_timestamptz((report ->> '$.time_ns')::BIGINT // 1000) AS reported_at,
    (report ->> '$.cost.calls')::BIGINT AS calls,
    (report ->> '$.cost.shed')::BIGINT AS shed,
    (report ->> '$.cost.mean_ms')::DOUBLE AS overhead_mean_ms,
    (report ->> '$.cost.p99_ms')::DOUBLE AS overhead_p99_ms,
    (report ->> '$.cost.total_ms')::DOUBLE AS overhead_total_ms,
    (report ->> '$.cost.share')::DOUBLE AS overhead_share,
    (report ->> '$.cost.budget_ms')::DOUBLE AS overhead_budget_ms,
    coalesce(list_sum([each::BIGINT FOR each IN report ->> '$.others.*']), 0)::BIGINT AS other_requests,
    report -> '$.faults' AS faults
FROM internal.reports;

CREATE VIEW health AS
SELECT
    process,
    make_timestamptz((report ->> '$.time_ns')::BIGINT // 1000) AS reported_at,
    client ->> '$.name' AS client,
    client ->> '$.distribution' AS distribution,
    client ->> '$.version' AS version,
    client ->> '$.supported' AS supported,
    client ->> '$.tested[*]' AS tested,
    client ->> '$.patched[*]' AS patched,
    client ->> '$.missing[*]' AS missing,
    (client ->> '$.calls')::BIGINT AS calls,
    (client ->> '$.requests')::BIGINT AS requests,
    coalesce(list_sum([each::BIGINT FOR each IN client ->> '$.unseen.*']), 0)::BIGINT AS unseen,
    json_keys(client, '$.unseen') AS unseen_functions
FROM (SELECT process, report, unnest(from_json(report -> '$.clients', '["JSON"]')) AS client FROM internal.reports);
