service = $value
