"""Benchmarks: each prints JSON, goals beside figures, and every ratio comes from one run on one machine."""
