"""Patrons and their memberships. Knows nothing of payments: payments tells it what follows from money."""
