SELECT max(start_time) FROM internal.spans WHERE seq < $seq;
