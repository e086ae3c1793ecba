SELECT max(version) FROM internal.schema_versions;
