DELETE FROM internal.gaps WHERE list_contains($journals, journal);
