-- What was recorded and then not kept, because only a share of the traces is: counts and costs stay whole.
CREATE TABLE internal.sampled_out (
    project VARCHAR,
    day DATE NOT NULL,
    traces BIGINT NOT NULL,
    spans BIGINT NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cost_usd DOUBLE
);
CREATE VIEW sampled_out AS
SELECT
    project,
    day,
    sum(traces)::BIGINT AS traces,
    sum(spans)::BIGINT AS spans,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cost_usd) AS cost_usd
FROM internal.sampled_out
GROUP BY project, day;
