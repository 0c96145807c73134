"""A synthetic newsroom: what it is, who gives, and the rows that follow. Nothing and nobody in it exists."""
