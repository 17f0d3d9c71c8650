"""Benchmarks: each figure against a yardstick in the same run, on the same machine (design section 9)."""
