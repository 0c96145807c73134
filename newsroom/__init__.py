"""The newsroom itself: the one row that staff edit, the clock and the bell."""
