SELECT coalesce(min(seq), -1) FROM internal.spans;
