SELECT name, process, "offset", state, faults, skipped_bytes, ended FROM internal.journals ORDER BY name;
