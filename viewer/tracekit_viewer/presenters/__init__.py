"""Rows in, view models out: pure functions, so that every word of a page can be tested without a browser."""
