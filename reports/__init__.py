"""The staff's pages. Each names the roles that may see it, and logs every look at a person's data."""
