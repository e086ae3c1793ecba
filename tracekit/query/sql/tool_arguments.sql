-- The arguments that each of some tools is called with most often. What is long is compared by its beginning.
SELECT coalesce(tool_name, name) AS tool, left(tool_arguments::VARCHAR, $length) AS arguments, count(*) AS calls
FROM spans
WHERE kind = 'tool' AND twin_of IS NULL AND start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
    AND coalesce(tool_name, name) IN (SELECT unnest($tools::VARCHAR[]))
    AND tool_arguments IS NOT NULL
GROUP BY 1, 2
QUALIFY row_number() OVER (PARTITION BY tool ORDER BY calls DESC, arguments) <= $most
ORDER BY tool, calls DESC, arguments
