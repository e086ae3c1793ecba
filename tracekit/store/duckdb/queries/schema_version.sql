SELECT max(version) FROM traces.internal.schema_versions;
