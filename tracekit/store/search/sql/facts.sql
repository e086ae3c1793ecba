SELECT
    (SELECT min(applied_at)::VARCHAR FROM internal.schema_versions) AS store,
    coalesce((SELECT min(seq) FROM internal.spans), -1) AS first,
    last,
    (SELECT count(*) FROM internal.open_spans) AS open
FROM internal.numbers;
