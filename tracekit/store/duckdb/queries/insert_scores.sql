INSERT INTO internal.scores BY NAME FROM scored;
