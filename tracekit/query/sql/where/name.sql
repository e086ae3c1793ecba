contains(lower(name), lower($value))
