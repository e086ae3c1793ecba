-- A score that says what a stored one does, to the microsecond, is that one: a bundle may bring it a second time.
INSERT INTO internal.scores BY NAME
FROM scored AS given
WHERE NOT EXISTS (
    FROM internal.scores AS stored
    WHERE stored.trace_id IS NOT DISTINCT FROM given.trace_id
        AND stored.session_id IS NOT DISTINCT FROM given.session_id
        AND stored.name = given.name
        AND stored.created_at = given.created_at
        AND stored.source = given.source
        AND stored.span_id IS NOT DISTINCT FROM given.span_id
        AND stored.value IS NOT DISTINCT FROM given.value
        AND stored.label IS NOT DISTINCT FROM given.label
        AND stored.comment IS NOT DISTINCT FROM given.comment
);
