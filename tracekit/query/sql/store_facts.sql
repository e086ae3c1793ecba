SELECT
    (SELECT max(version) FROM internal.schema_versions) AS schema_version,
    (SELECT count(*) FROM spans) AS spans,
    (SELECT count(*) FROM traces) AS traces
