DELETE FROM internal.open_spans WHERE list_contains($journals, journal);
