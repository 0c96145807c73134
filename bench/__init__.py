"""Benchmarks. Each prints ratios to a limit that was measured in the same run, never a time alone."""
