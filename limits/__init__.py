"""Gates against too much of something. Counted in PostgreSQL, so that a flush of Redis opens none of them."""
