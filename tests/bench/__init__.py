"""The benchmarks run, and what they send is stored and applied rightly. Speed is not asserted."""
