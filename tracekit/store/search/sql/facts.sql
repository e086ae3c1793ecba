SELECT
    (SELECT min(applied_at)::VARCHAR FROM internal.schema_versions) AS store,
    coalesce(min(seq), -1) AS first,
    coalesce(max(seq), -1) AS last,
    (SELECT count(*) FROM internal.open_spans) AS open
FROM internal.spans;
