SELECT
    client, distribution, version, supported, tested, patched, missing, calls, requests, unseen, unseen_functions, process, reported_at,
    count(*) OVER one AS processes, sum(calls) OVER one::BIGINT AS all_calls, sum(unseen) OVER one::BIGINT AS all_unseen
FROM health
WINDOW one AS (PARTITION BY client)
QUALIFY row_number() OVER (PARTITION BY client ORDER BY reported_at DESC, process) = 1
ORDER BY client
