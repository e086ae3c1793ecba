-- Whether any span near these, in time, may be a client's own of a call that another instrumentation saw: mostly none is.
SELECT
    EXISTS (FROM incoming WHERE parent_span_id IS NULL AND kind = 'llm' AND list_contains($clients, dialect))
    OR EXISTS (
        FROM internal.spans
        WHERE start_ns BETWEEN $earliest - $reach AND $latest + $reach
            AND parent_span_id IS NULL AND kind = 'llm' AND list_contains($clients, dialect)
    );
