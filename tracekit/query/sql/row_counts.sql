SELECT (SELECT count(*) FROM spans) AS spans, (SELECT count(*) FROM scores) AS scores;
