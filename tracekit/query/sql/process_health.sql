SELECT * FROM processes ORDER BY reported_at DESC, process LIMIT $limit
