"""Benchmarks: each prints JSON with its goals beside its figures, and every ratio comes from one run on one machine."""
