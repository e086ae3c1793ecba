-- The processes that wrote records which never came: how many, and in how many gaps, most first.
SELECT process, sum(count)::BIGINT AS records, count(*) AS gaps, min(first_missing) AS first, max(last_missing) AS last
FROM gaps
GROUP BY process
ORDER BY records DESC, process
LIMIT $limit;
