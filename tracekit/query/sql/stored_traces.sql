-- Which of these traces are here; the ids come as one text.
SELECT trace_id FROM traces WHERE trace_id IN (SELECT unnest(string_split($among, ' ')));
