start_time >= $since::TIMESTAMPTZ
