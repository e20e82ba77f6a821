"""Benchmarks: each prints a table, and a ratio that a person can judge."""
