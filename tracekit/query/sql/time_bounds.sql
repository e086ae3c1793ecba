-- When the first and the last trace began; NULL of an empty store.
SELECT min(start_time) AS earliest, max(start_time) AS latest FROM traces
