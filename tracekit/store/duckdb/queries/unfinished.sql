-- Whether any span is open, and whether one near these was closed because its writer died: mostly none, and then the statements
-- that look for those among the incoming need not run.
SELECT
    EXISTS (FROM internal.open_spans),
    EXISTS (
        FROM internal.spans
        WHERE outcome = 'interrupted' AND end_ns IS NULL AND start_ns BETWEEN $earliest AND $latest
    );
