-- A trace is asked for by its id, which nothing sorts: each question looks at all of them. As they are they are compared in a
-- quarter of the time that it takes to unpack them first.
ALTER TABLE internal.traces RENAME TO packed_traces;

CREATE TABLE internal.traces (
    trace_id VARCHAR NOT NULL USING COMPRESSION uncompressed,
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
    interrupted_spans BIGINT NOT NULL,
    root_status VARCHAR,
    outcomes VARCHAR[],
    unpriced_spans BIGINT,
    usage_faults BIGINT
);
INSERT INTO internal.traces FROM internal.packed_traces;
DROP TABLE internal.packed_traces;
