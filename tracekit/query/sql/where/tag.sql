list_contains(tags, $value)
