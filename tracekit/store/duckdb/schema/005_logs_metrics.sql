-- Log records and data points of metrics. A request sent again gives the same rows: content_key tells them by all that they
-- say. time_ns is when it was said, or else observed; 0 where neither is known.
CREATE TABLE internal.logs (
    content_key UBIGINT NOT NULL,
    trace_id VARCHAR,
    span_id VARCHAR,
    time_ns UBIGINT NOT NULL,
    observed_ns UBIGINT,
    event_name VARCHAR,
    severity VARCHAR,
    severity_number INTEGER,
    body JSON,
    attributes JSON NOT NULL,
    resource JSON NOT NULL,
    scope_name VARCHAR,
    scope_version VARCHAR,
    project VARCHAR NOT NULL,
    service VARCHAR
);

CREATE TABLE internal.metrics (
    content_key UBIGINT NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    unit VARCHAR,
    kind VARCHAR NOT NULL,
    temporality VARCHAR,
    monotonic BOOLEAN,
    start_ns UBIGINT,
    time_ns UBIGINT NOT NULL,
    value DOUBLE,
    count UBIGINT,
    sum DOUBLE,
    min DOUBLE,
    max DOUBLE,
    buckets JSON,
    attributes JSON NOT NULL,
    exemplars JSON NOT NULL,
    resource JSON NOT NULL,
    scope_name VARCHAR,
    scope_version VARCHAR,
    project VARCHAR NOT NULL,
    service VARCHAR
);

-- Spans of which log records speak that their rows were not derived with. `stored` says that the span is there: it can be
-- derived anew. The others have not come yet.
CREATE TABLE internal.unread_logs (trace_id VARCHAR NOT NULL, span_id VARCHAR NOT NULL, stored BOOLEAN NOT NULL);

-- What a span said itself where its canonical columns say something made of it, OTLP's numbers; and which version of the
-- dialects made it. NULL in rows of older versions.
ALTER TABLE internal.spans ADD COLUMN raw_kind BIGINT;
ALTER TABLE internal.spans ADD COLUMN raw_status BIGINT;
ALTER TABLE internal.spans ADD COLUMN derivation BIGINT;
ALTER TABLE internal.open_spans ADD COLUMN raw_kind BIGINT;
ALTER TABLE internal.open_spans ADD COLUMN raw_status BIGINT;
ALTER TABLE internal.open_spans ADD COLUMN derivation BIGINT;

CREATE VIEW logs AS
SELECT
    trace_id, span_id,
    CASE WHEN time_ns > 0 THEN make_timestamptz((time_ns // 1000)::BIGINT) END AS time,
    make_timestamptz((observed_ns // 1000)::BIGINT) AS observed_time,
    event_name, severity, severity_number, body, attributes, resource, scope_name, scope_version, project, service
FROM internal.logs;

CREATE VIEW metrics AS
SELECT
    name, description, unit, kind, temporality, monotonic,
    make_timestamptz((start_ns // 1000)::BIGINT) AS start_time,
    CASE WHEN time_ns > 0 THEN make_timestamptz((time_ns // 1000)::BIGINT) END AS time,
    value, count, sum, min, max, buckets, attributes, exemplars, resource, scope_name, scope_version, project, service
FROM internal.metrics;
