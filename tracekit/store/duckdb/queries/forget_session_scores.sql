-- What was said of sessions of which no trace is left.
DELETE FROM internal.scores AS stored
WHERE stored.session_id IS NOT NULL
AND NOT EXISTS (FROM internal.traces AS kept WHERE kept.session_id = stored.session_id);
