"""Commands that need several rooms."""
