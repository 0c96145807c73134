"""Schulze's method with winning votes. The pairwise matrix alone is enough to count again.

Source: M. Schulze, "The Schulze Method of Voting" (arXiv:1804.02973), section 2, strength by winning votes. What a
ballot does not rank stands below all it ranks, and equal among themselves.
"""

from collections import Counter
from collections.abc import Sequence

from voting.methods.ballots import Piles
from voting.methods.outcome import Outcome
from voting.methods.ties import Ties

Matrix = dict[str, dict[str, int]]  # matrix[a][b]: how many prefer a to b


def pairwise(topics: Sequence[str], piles: Piles) -> Matrix:
    """How many prefer each topic to each other one."""
    at = {topic: number for number, topic in enumerate(topics)}
    alone = {(topic,): number for topic, number in at.items()}
    ranked = [0] * len(at)
    # Above a topic that is not ranked stands every one that is: only pairs on one ballot are looked at.
    not_above = [[0] * len(at) for _ in at]
    for pile, count in piles.items():
        above: list[int] = []
        for group in pile:
            one = alone.get(group)
            if one is not None:
                ranked[one] += count
                row = not_above[one]
                for other in above:
                    row[other] += count
                above.append(one)
                continue
            here = [at[topic] for topic in group]
            for level in here:
                ranked[level] += count
                row = not_above[level]
                for other in above:
                    row[other] += count
                for other in here:
                    row[other] += count
            above += here
    return {
        one: {other: ranked[a] - not_above[a][b] for other, b in at.items() if other != one} for one, a in at.items()
    }


def strongest_paths(topics: Sequence[str], matrix: Matrix) -> Matrix:
    """For each pair the strength of the strongest chain of victories, which is that of its weakest link."""
    size = range(len(topics))
    paths = [
        [matrix[a][b] if a != b and matrix[a][b] > matrix[b][a] else 0 for b in topics] for a in topics
    ]  # by numbers: the innermost loop of the whole method
    for middle in size:
        through = paths[middle]
        for row in paths:
            first = row[middle]
            if first:
                for b in size:
                    strength = min(first, through[b])
                    row[b] = max(row[b], strength)
    return {a: {b: paths[i][j] for j, b in enumerate(topics) if a != b} for i, a in enumerate(topics)}


def count_schulze(topics: Sequence[str], matrix: Matrix, ties: Ties) -> Outcome:
    """One winner; the reserve is the rest in Schulze's order. A tie in that order is broken by the lot."""
    found = Outcome()
    paths = strongest_paths(topics, matrix)
    found.steps.append({"step": 1, "kind": "paths", "pairwise": matrix, "paths": paths})
    order, remaining = list[str](), list(topics)
    while remaining:
        unbeaten = [a for a in remaining if all(paths[a][b] >= paths[b][a] for b in remaining if a != b)]
        if not order:
            found.steps.append({"step": 2, "kind": "unbeaten", "topics": sorted(unbeaten)})
        order.append(ties.best(len(order) + 1, "the winner" if not order else "the reserve", unbeaten))
        remaining.remove(order[-1])
    found.chosen, found.reserve = order[:1], order[1:]
    for topic in found.reserve:
        winner = order[0]
        for_it, against = paths[topic][winner], paths[winner][topic]
        reason = "beaten" if against > for_it else "lot"
        found.why[topic] = {"reason": reason, "by": winner, "had": for_it, "needed": against}
    return found


def first_preferences(piles: Piles) -> Counter[str]:
    """How many rank each topic first. Topics that share the first rank all count."""
    found = Counter[str]()
    for pile, count in piles.items():
        for topic in pile[0] if pile else ():
            found[topic] += count
    return found
