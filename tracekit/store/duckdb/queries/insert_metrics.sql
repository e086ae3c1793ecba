INSERT INTO internal.metrics BY NAME
FROM incoming_metrics
ANTI JOIN (SELECT content_key FROM internal.metrics WHERE time_ns BETWEEN $earliest AND $latest) AS known USING (content_key);
