SELECT trace_id, min(start_ns) FROM internal.open_spans WHERE list_contains($journals, journal) GROUP BY trace_id;
