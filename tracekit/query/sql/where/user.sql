user_id = $value
