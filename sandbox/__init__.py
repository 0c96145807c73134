"""A stand-in for Stripe: its own tables, addresses and process. Imports no room of the product; no room imports it."""
