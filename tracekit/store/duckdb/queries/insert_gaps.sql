INSERT INTO internal.gaps BY NAME FROM missing;
