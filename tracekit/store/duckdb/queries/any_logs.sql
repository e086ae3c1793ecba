SELECT count(*) FROM internal.logs;
