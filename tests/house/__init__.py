"""The documents and the architecture held to the code."""
