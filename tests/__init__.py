"""Behaviour, told through real parts: PostgreSQL, HTTP, processes, Chromium."""
