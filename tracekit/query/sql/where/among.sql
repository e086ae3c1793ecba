trace_id IN (SELECT unnest(string_split($among, ' ')))
