-- Goes first: failed spans with a fingerprint of the error's type, its message less what differs from case to case, and the name.
WITH failed AS (
    SELECT
        trace_id, span_id, start_time, name, kind, error_type, left(status_message, 1000) AS message
    FROM spans
    WHERE status = 'error' AND start_time >= $since::TIMESTAMPTZ AND start_time < $until::TIMESTAMPTZ
),
alike AS (
    SELECT
        *,
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    message,
                    '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}', '<id>', 'g'
                ),
                '\b(0x[0-9a-fA-F]+|[A-Za-z_-]*[0-9][0-9A-Za-z_-]{7,})', '<id>', 'g'
            ),
            '[0-9]+([.,][0-9]+)*', '<n>', 'g'
        ) AS said
    FROM failed
),
named AS (
    SELECT *, left(md5(to_json([error_type, said, name])::VARCHAR), 16) AS fingerprint FROM alike
)
