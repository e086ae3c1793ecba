SELECT
    (SELECT min(applied_at)::VARCHAR FROM internal.schema_versions) AS store,
    last,
    (SELECT count(*) FROM internal.open_spans) AS open
FROM internal.numbers;
