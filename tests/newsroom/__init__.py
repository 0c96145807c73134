"""The newsroom's row, the clock and the bell."""
