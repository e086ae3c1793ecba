INSERT INTO internal.logs BY NAME
FROM incoming_logs
ANTI JOIN (SELECT content_key FROM internal.logs WHERE time_ns BETWEEN $earliest AND $latest) AS known USING (content_key);
