-- Content that a column holds is no longer held a second time in `attributes`: `carried` names each attribute that was left
-- out, the column that says it, and whether the attribute is text of which the column has the JSON. The view `spans` puts it back (013).
ALTER TABLE internal.spans ADD COLUMN carried STRUCT(attribute VARCHAR, source VARCHAR, encoded BOOLEAN)[];
ALTER TABLE internal.open_spans ADD COLUMN carried STRUCT(attribute VARCHAR, source VARCHAR, encoded BOOLEAN)[];
