session_id = $value
