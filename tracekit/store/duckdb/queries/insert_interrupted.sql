INSERT INTO internal.spans BY NAME
SELECT * EXCLUDE (journal) REPLACE ('interrupted' AS outcome)
FROM internal.open_spans
WHERE list_contains($journals, journal);
