trace_id NOT IN (SELECT unnest(string_split($beside, ' ')))
