-- Everything a user queries is a view in schema main; the tables beneath are ours to change, in schema internal.
CREATE SCHEMA internal;

CREATE TABLE internal.schema_versions (
    version INTEGER NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL,
    tracekit VARCHAR NOT NULL
);

-- Spans that have ended. start_time is start_ns in microseconds, stored so that a filter on it skips row groups.
CREATE TABLE internal.spans (
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    parent_span_id VARCHAR,
    project VARCHAR,
    service VARCHAR,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    operation VARCHAR,
    provider VARCHAR,
    request_model VARCHAR,
    response_model VARCHAR,
    model VARCHAR,
    start_time TIMESTAMPTZ NOT NULL,
    start_ns BIGINT NOT NULL,
    end_ns BIGINT,
    ttft_ms DOUBLE,
    status VARCHAR NOT NULL,
    status_message VARCHAR,
    error_type VARCHAR,
    outcome VARCHAR,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    counted BOOLEAN NOT NULL,
    cost_usd DOUBLE,
    price_source VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    tags VARCHAR[],
    finish_reasons VARCHAR[],
    response_id VARCHAR,
    system_instructions JSON,
    input_messages JSON,
    output_messages JSON,
    tool_definitions JSON,
    input VARCHAR,
    output VARCHAR,
    tool_name VARCHAR,
    tool_call_id VARCHAR,
    tool_arguments JSON,
    tool_result JSON,
    documents JSON,
    scope_name VARCHAR,
    scope_version VARCHAR,
    dialect VARCHAR,
    attributes JSON,
    events JSON,
    links JSON,
    resource JSON,
    user_text VARCHAR,
    assistant_text VARCHAR
);

-- Spans that have started and not ended, each with the journal that says so. Few, and never for long.
CREATE TABLE internal.open_spans AS FROM internal.spans LIMIT 0;
ALTER TABLE internal.open_spans ADD COLUMN journal VARCHAR;

CREATE TABLE internal.traces (
    trace_id VARCHAR NOT NULL,
    project VARCHAR,
    service VARCHAR,
    name VARCHAR NOT NULL,
    start_time TIMESTAMPTZ NOT NULL,
    end_time TIMESTAMPTZ,
    duration_ms DOUBLE,
    span_count BIGINT NOT NULL,
    error_count BIGINT NOT NULL,
    status VARCHAR NOT NULL,
    models VARCHAR[] NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd DOUBLE,
    session_id VARCHAR,
    user_id VARCHAR,
    tags VARCHAR[] NOT NULL,
    input_preview VARCHAR,
    output_preview VARCHAR,
    complete BOOLEAN NOT NULL,
    missing_spans BIGINT NOT NULL,
    interrupted_spans BIGINT NOT NULL
);

CREATE TABLE internal.scores (
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR,
    name VARCHAR NOT NULL,
    value DOUBLE,
    label VARCHAR,
    source VARCHAR NOT NULL,
    comment VARCHAR,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE internal.journals (
    name VARCHAR NOT NULL,
    process VARCHAR,
    "offset" BIGINT NOT NULL,
    state VARCHAR NOT NULL,
    faults BIGINT NOT NULL,
    skipped_bytes BIGINT NOT NULL,
    ended BOOLEAN NOT NULL
);

CREATE TABLE internal.gaps (
    journal VARCHAR NOT NULL,
    process VARCHAR,
    first_missing BIGINT NOT NULL,
    last_missing BIGINT NOT NULL,
    count BIGINT NOT NULL
);

CREATE VIEW spans AS
WITH every AS (
    FROM internal.spans
    UNION ALL
    SELECT * EXCLUDE (journal) FROM internal.open_spans
)
SELECT
    trace_id, span_id, parent_span_id, project, service, name, kind, operation, provider,
    request_model, response_model, model, start_time,
    make_timestamptz(end_ns // 1000) AS end_time,
    (end_ns - start_ns) / 1e6 AS duration_ms,
    ttft_ms, status, status_message, error_type, outcome,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, counted, cost_usd,
    session_id, user_id, tags, finish_reasons, response_id,
    system_instructions, input_messages, output_messages, tool_definitions, input, output,
    tool_name, tool_call_id, tool_arguments, tool_result, documents,
    scope_name, scope_version, dialect, attributes, events, links, resource
FROM every;

CREATE VIEW traces AS FROM internal.traces;

-- One row for each part of each message; a message without a list of parts is its own one part.
CREATE VIEW messages AS
WITH directed AS (
    SELECT trace_id, span_id, 'input' AS direction, input_messages::JSON[] AS messages
    FROM spans WHERE input_messages IS NOT NULL
    UNION ALL
    SELECT trace_id, span_id, 'output' AS direction, output_messages::JSON[] AS messages
    FROM spans WHERE output_messages IS NOT NULL
),
single AS (
    SELECT
        trace_id, span_id, direction,
        generate_subscripts(messages, 1) - 1 AS position,
        unnest(messages) AS message
    FROM directed
),
divided AS (
    SELECT
        trace_id, span_id, direction, position,
        message ->> '$.role' AS role,
        CASE WHEN json_type(message, '$.parts') = 'ARRAY' THEN (message -> '$.parts')::JSON[] ELSE [message] END AS parts
    FROM single
),
pieces AS (
    SELECT
        trace_id, span_id, direction, position, role,
        generate_subscripts(parts, 1) - 1 AS part,
        unnest(parts) AS payload
    FROM divided
)
SELECT
    trace_id, span_id, direction, position, role, part,
    payload ->> '$.type' AS type,
    CASE WHEN payload ->> '$.type' IN ('text', 'reasoning') THEN payload ->> '$.content' END AS text,
    payload ->> '$.name' AS name,
    payload ->> '$.id' AS call_id,
    payload
FROM pieces;

CREATE VIEW scores AS FROM internal.scores;

CREATE VIEW gaps AS SELECT process, first_missing, last_missing, count FROM internal.gaps;
