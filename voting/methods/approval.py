"""Approval and points: the topics with the largest sums. A sum alone is enough to count again."""

from collections import Counter
from collections.abc import Sequence

from voting.methods.ballots import Piles
from voting.methods.outcome import Outcome
from voting.methods.ties import Ties


def sums(piles: Piles) -> Counter[str]:
    """Points of each topic; on ballots of approval, how many approve of it."""
    found = Counter[str]()
    for pile, count in piles.items():
        for topic, points in pile:
            found[topic] += points * count
    return found


def count_highest(topics: Sequence[str], totals: Counter[str], slots: int, ties: Ties) -> Outcome:
    """The `slots` topics with the largest totals. The rule has no own way with ties, so the lot decides."""
    order = ties.ranking("the last slot", {topic: totals[topic] for topic in topics}, slots)
    found = Outcome(order[:slots], order[slots:])
    last = totals[order[slots - 1]] if len(order) >= slots else 0
    found.steps.append({"step": 1, "kind": "totals", "totals": {topic: totals[topic] for topic in order}})
    for topic in found.reserve:
        reason = "lot" if totals[topic] == last else "fewer"
        found.why[topic] = {"reason": reason, "had": totals[topic], "needed": last}
    return found
