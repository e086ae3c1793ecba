SELECT max(seq) FROM internal.spans;
