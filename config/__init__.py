"""Assembles the rooms: settings, addresses, the worker, and the commands that need several rooms."""
