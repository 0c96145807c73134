"""Ties: the method's own rule first, then the lot. Every tie that is broken is written down.

The lot was fixed before anybody could know what it favours: it orders topics by SHA-256 over the seed (committed to at
the opening, published at the close), the digest of the ballots and the topic's id.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from voting.methods.canonical import digest


class Ties:
    """Breaks the ties of one count and remembers them in `log`, in the order in which they arose."""

    def __init__(self, seed: str, ballot_digest: str) -> None:
        self._salt = f"{seed}\n{ballot_digest}\n"
        self.log: list[dict[str, Any]] = []

    def lot(self, topic: str) -> str:
        """The topic's ticket. The lowest is drawn first."""
        return digest(self._salt + topic)

    def order(self, topics: Iterable[str]) -> list[str]:
        """The topics as the lot puts them."""
        return sorted(topics, key=self.lot)

    def best(self, step: int, about: str, tied: Iterable[str], *rules: tuple[str, Mapping[str, Any]]) -> str:
        """Which of the tied goes first: the highest by each rule in turn, then the first in the lot's order."""
        return self._settle(step, about, tied, rules, worst=False)

    def worst(self, step: int, about: str, tied: Iterable[str], *rules: tuple[str, Mapping[str, Any]]) -> str:
        """Which of the tied goes out: the lowest by each rule in turn, then the last in the lot's order."""
        return self._settle(step, about, tied, rules, worst=True)

    def _settle(
        self, step: int, about: str, tied: Iterable[str], rules: Sequence[tuple[str, Mapping[str, Any]]], *, worst: bool
    ) -> str:
        started = left = sorted(tied)
        by = ""
        for name, values in rules:
            if len(left) == 1:
                break
            edge = (min if worst else max)(values[topic] for topic in left)
            left, by = [topic for topic in left if values[topic] == edge], name
        entry = {"step": step, "about": about, "tied": started}
        if len(left) > 1:
            drawn = self.order(left)
            left, by = drawn[-1:] if worst else drawn[:1], "lot"
            entry["lot"] = {topic: self.lot(topic) for topic in drawn}
        if len(started) > 1:
            self.log.append({**entry, "by": by, "taken": left[0]})
        return left[0]

    def ranking(self, about: str, values: Mapping[str, int], first: int) -> list[str]:
        """All topics from the highest value down, equal ones as the lot puts them.

        Only a tie across the border after the `first` topics decides anything, so only that one is written down.
        """
        order = sorted(values, key=lambda topic: (-values[topic], self.lot(topic)))
        if 0 < first < len(order) and values[order[first - 1]] == values[order[first]]:
            edge = values[order[first]]
            tied = [topic for topic in order if values[topic] == edge]
            lots = {topic: self.lot(topic) for topic in tied}
            taken = [topic for topic in order[:first] if topic in lots]
            self.log.append({"step": 1, "about": about, "tied": sorted(tied), "lot": lots, "by": "lot", "taken": taken})
        return order
