-- A client's own span of a call that another instrumentation saw, where that one did not hand on its context: the root of a
-- trace of its own. Of one service, from within the other's time, with the same usage, and with the same id if both have one.
-- What one of the two does not tell of the usage, of a stream that broke off, is no difference where the id is the same.
WITH near AS (
    SELECT
        trace_id, span_id, parent_span_id, service, dialect, start_ns, end_ns, response_id, input_tokens, output_tokens,
        twin_of, seq
    FROM (
        SELECT * REPLACE (NULL AS seq) FROM internal.spans
        WHERE start_ns BETWEEN $earliest - $reach AND $latest + $reach AND kind = 'llm'
        UNION ALL BY NAME
        FROM incoming WHERE kind = 'llm'
    )
    WHERE input_tokens IS NOT NULL OR output_tokens IS NOT NULL
),
strays AS (
    FROM near WHERE parent_span_id IS NULL AND list_contains($clients, dialect)
),
pairs AS (
    SELECT stray.*, call.span_id AS owner, call.start_ns AS owner_start
    FROM strays AS stray
    JOIN near AS call
        ON coalesce(call.input_tokens = stray.input_tokens, call.response_id = stray.response_id)
        AND coalesce(call.output_tokens = stray.output_tokens, call.response_id = stray.response_id)
        AND call.service IS NOT DISTINCT FROM stray.service
        AND call.trace_id <> stray.trace_id
        AND stray.start_ns BETWEEN call.start_ns AND call.start_ns + $reach
        AND call.end_ns >= stray.end_ns
    WHERE NOT coalesce(list_contains($clients, call.dialect), false)
        AND coalesce(call.response_id = stray.response_id, true)
),
nearest AS (
    FROM pairs
    QUALIFY row_number() OVER (PARTITION BY trace_id, span_id ORDER BY owner_start DESC, owner, seq NULLS FIRST) = 1
)
SELECT trace_id, span_id, owner, seq
FROM (
    FROM nearest
    QUALIFY row_number() OVER (PARTITION BY owner ORDER BY start_ns, span_id, seq NULLS FIRST) = 1
)
WHERE twin_of IS DISTINCT FROM owner;
