"""Appeals placed in articles, and where a giver came from."""
