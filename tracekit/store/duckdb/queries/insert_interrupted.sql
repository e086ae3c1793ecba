INSERT INTO internal.spans BY NAME
SELECT * REPLACE ('interrupted' AS outcome, $seq + row_number() OVER (ORDER BY start_ns) - 1 AS seq)
FROM internal.open_spans
WHERE list_contains($journals, journal);
