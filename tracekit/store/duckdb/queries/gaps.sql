SELECT journal, first_missing, last_missing FROM internal.gaps ORDER BY journal, first_missing;
