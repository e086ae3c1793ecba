SELECT coalesce(sum(count), 0)::BIGINT AS records, count(DISTINCT process) AS processes FROM internal.gaps
