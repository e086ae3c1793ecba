start_time < $until::TIMESTAMPTZ
