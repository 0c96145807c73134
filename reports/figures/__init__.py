"""The figures: each a question to the sums, one query, and exact arithmetic. What they mean: reports/definitions.py."""
