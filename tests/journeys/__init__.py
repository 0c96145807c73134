"""Whole stories, through HTTP and the sandbox; read together they say what the product does."""
