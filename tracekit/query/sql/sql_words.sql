-- What may stand in a query besides views and columns: the words of the language, and functions that say what they do.
SELECT 'keyword' AS kind, keyword_name AS word
FROM duckdb_keywords()
UNION
SELECT 'function', function_name
FROM duckdb_functions()
WHERE function_type IN ('scalar', 'aggregate')
    AND description IS NOT NULL
    AND regexp_full_match(function_name, '[a-z][a-z0-9_]*')
ORDER BY kind, word;
