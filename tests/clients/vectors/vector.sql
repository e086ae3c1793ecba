-- The type and the operators of pgvector that the tests use, for a server that has not got the extension.
CREATE TYPE vector;
CREATE FUNCTION vector_in(cstring) RETURNS vector LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION vector_out(vector) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE vector (INPUT = vector_in, OUTPUT = vector_out, STORAGE = extended);
CREATE CAST (vector AS text) WITHOUT FUNCTION;
CREATE FUNCTION numbers(vector) RETURNS float8[] LANGUAGE sql IMMUTABLE STRICT
  AS $$ SELECT translate($1::text, '[]', '{}')::float8[] $$;
CREATE FUNCTION l2_distance(vector, vector) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT
  AS $$ SELECT sqrt(sum((x - y) ^ 2)) FROM unnest(numbers($1), numbers($2)) AS pair (x, y) $$;
CREATE FUNCTION cosine_distance(vector, vector) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT
  AS $$ SELECT 1 - sum(x * y) / (sqrt(sum(x * x)) * sqrt(sum(y * y)))
        FROM unnest(numbers($1), numbers($2)) AS pair (x, y) $$;
CREATE OPERATOR <-> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = l2_distance, COMMUTATOR = '<->');
CREATE OPERATOR <=> (LEFTARG = vector, RIGHTARG = vector, FUNCTION = cosine_distance, COMMUTATOR = '<=>');
