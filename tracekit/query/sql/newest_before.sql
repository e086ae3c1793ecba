SELECT start_time FROM internal.spans WHERE seq < $seq ORDER BY start_time DESC LIMIT 1;
