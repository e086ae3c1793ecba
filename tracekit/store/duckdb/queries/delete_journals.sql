DELETE FROM internal.journals WHERE list_contains($journals, name);
