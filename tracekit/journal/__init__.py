"""The journal: the one durable format. `frame` is the bytes, `records` what they say, `writer` and `reader` the files."""
