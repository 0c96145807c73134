"""Rounds in which patrons choose what is covered next: suggestions, topics, ballots, results."""
