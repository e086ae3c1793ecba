-- The order in which rows were stored: what is built beside the table (an index of words) goes on from the last it has seen.
ALTER TABLE internal.spans ADD COLUMN seq BIGINT;
ALTER TABLE internal.open_spans ADD COLUMN seq BIGINT;
UPDATE internal.spans SET seq = rowid;
