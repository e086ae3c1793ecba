SELECT count(*) FROM internal.unread_logs WHERE NOT stored;
