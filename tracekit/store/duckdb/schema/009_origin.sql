-- Where a span came from, so that what is missing of its process can be told beside its trace: the journal's name, and the number
-- of the record in the counting of its process. Of spans that are there already nobody knows.
ALTER TABLE internal.spans ADD COLUMN journal VARCHAR;
ALTER TABLE internal.spans ADD COLUMN record BIGINT;
