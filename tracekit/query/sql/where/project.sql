project = $value
