"""The staff's log: who did or looked at what, and why. It only grows, and shows when somebody has altered it."""
