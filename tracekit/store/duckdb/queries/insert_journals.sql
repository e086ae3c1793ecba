INSERT INTO internal.journals BY NAME FROM read_journals;
