SELECT reply FROM replies WHERE key = :key
