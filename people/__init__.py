"""One person across the rooms: what is held, taking it away, forgetting it."""
