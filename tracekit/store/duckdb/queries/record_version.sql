INSERT INTO internal.schema_versions VALUES ($version, now(), $tracekit);
