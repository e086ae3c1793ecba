-- A judgement may be on a session: it names that, and no trace.
ALTER TABLE internal.scores ALTER COLUMN trace_id DROP NOT NULL;
ALTER TABLE internal.scores ADD COLUMN session_id VARCHAR;
CREATE OR REPLACE VIEW scores AS FROM internal.scores;
