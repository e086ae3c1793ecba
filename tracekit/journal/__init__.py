"""The journal, the one durable format: `frame` is its bytes, `records` their sense, `writer` and `reader` its files."""
