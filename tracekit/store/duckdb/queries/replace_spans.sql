INSERT INTO internal.spans BY NAME FROM incoming;
