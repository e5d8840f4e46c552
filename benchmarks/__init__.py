"""Benchmarks: what the figures in README and closing notes come from. Results are committed under benchmarks/results/."""
