"""Instant runoff: while nobody has more than half, the topic with the fewest ballots goes out, one at a time."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from voting.methods.ballots import Piles, Ranking
from voting.methods.outcome import Outcome
from voting.methods.ties import Ties


def count_irv(topics: Sequence[str], piles: Piles, ties: Ties) -> Outcome:
    """One winner. Equal last ones: the fewer in the latest earlier round goes out, then the lot."""
    found = Outcome()
    held: dict[str, dict[Ranking, int]] = {topic: {} for topic in topics}  # a pile lies at one topic at a time
    exhausted, rounds = 0, list[dict[str, int]]()
    for pile, count in piles.items():
        if pile:
            held[pile[0][0]][pile] = count
    transfers: dict[str, Any] = {}
    out: list[str] = []
    while held:
        tallies = {topic: sum(pile.values()) for topic, pile in held.items()}
        step = len(rounds) + 1
        found.steps.append({"step": step, "kind": "round", "tallies": tallies, "exhausted": exhausted, **transfers})
        earlier = [(f"round {step - back}", tally) for back, tally in enumerate(reversed(rounds), 1)]
        rounds.append(tallies)
        if 2 * max(tallies.values()) > sum(tallies.values()) or len(held) == 1:
            break
        fewest = min(tallies.values())
        tied = [topic for topic, votes in tallies.items() if votes == fewest]
        last = ties.worst(step, "which goes out", tied, *earlier)
        moved, lost = _move(held, last)
        exhausted += lost
        transfers = {"out": last, "transfers": dict(moved), "newly_exhausted": lost}
        found.why[last] = {"reason": "out", "step": step, "had": fewest}
        out.append(last)
    return _finish(found, rounds, out, ties)


def _move(held: dict[str, dict[Ranking, int]], last: str) -> tuple[Counter[str], int]:
    """Hands the ballots of the topic that goes out to the next one on each that is still in."""
    pile_of_last, moved, lost = held.pop(last), Counter[str](), 0
    for ranking, count in pile_of_last.items():
        for (topic,) in ranking:
            if topic in held:
                held[topic][ranking] = count
                moved[topic] += count
                break
        else:
            lost += count
    return moved, lost


def _finish(found: Outcome, rounds: list[dict[str, int]], out: list[str], ties: Ties) -> Outcome:
    """The winner; the reserve is who was left in the last round, by its tallies, then who went out, last out first."""
    if not rounds:
        return found
    final = rounds[-1]
    order = sorted(final, key=lambda topic: (-final[topic], ties.lot(topic)))
    found.chosen, found.reserve = order[:1], order[1:] + out[::-1]
    for topic in order[1:]:
        found.why[topic] = {"reason": "fewer", "had": final[topic], "needed": final[order[0]]}
    return found
