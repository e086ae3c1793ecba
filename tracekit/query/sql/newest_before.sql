SELECT epoch_us(start_time) AS started FROM internal.spans WHERE seq < $seq ORDER BY start_time DESC LIMIT 1;
