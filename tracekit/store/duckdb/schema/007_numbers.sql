-- The last number that was given to a span, one row: a number is not given a second time when the span that had it is gone.
CREATE TABLE internal.numbers (last BIGINT NOT NULL);
INSERT INTO internal.numbers SELECT coalesce(max(seq), -1) FROM internal.spans;
