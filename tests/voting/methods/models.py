"""Each method once more, written differently and slowly, ballot by ballot, to hold the engine against.

Nothing here imports the methods. Where a tie would need the lot, the models answer every outcome that some lot allows.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

Rankings = Sequence[Sequence[Sequence[str]]]


def prefers(ballot: Sequence[Sequence[str]], one: str, other: str) -> bool:
    """Whether `one` stands in an earlier rank; what is not ranked stands in a last one."""
    places = {topic: place for place, group in enumerate(ballot) for topic in group}
    return places.get(one, len(ballot)) < places.get(other, len(ballot))


def schulze_winners(topics: Sequence[str], ballots: Rankings) -> set[str]:
    """By walking every path between every two topics."""

    def link(one: str, other: str) -> int:
        for_it = sum(prefers(ballot, one, other) for ballot in ballots)
        return for_it if for_it > sum(prefers(ballot, other, one) for ballot in ballots) else 0

    links = {(a, b): link(a, b) for a in topics for b in topics if a != b}

    def strongest(one: str, other: str) -> int:
        between = [topic for topic in topics if topic not in {one, other}]
        paths = (
            (one, *middle, other) for length in range(len(between) + 1) for middle in permutations(between, length)
        )
        return max(min(links[step] for step in pairwise(path)) for path in paths)

    return {a for a in topics if all(strongest(a, b) >= strongest(b, a) for b in topics if a != b)}


def runoffs(topics: Iterable[str], ballots: Rankings, history: tuple[dict[str, int], ...] = ()) -> set[tuple[str, ...]]:
    """Who goes out, in order, then the winner: every way that the ties allow which the earlier rounds leave."""
    left = set(topics)
    tops = [next((group[0] for group in ballot if group[0] in left), None) for ballot in ballots]
    tally = {topic: tops.count(topic) for topic in left}
    if len(left) == 1 or any(2 * votes > sum(tally.values()) for votes in tally.values()):
        return {(max(left, key=lambda topic: tally[topic]),)}
    worst = {topic for topic in left if tally[topic] == min(tally.values())}
    for earlier in reversed(history):
        low = min(earlier[topic] for topic in worst)
        worst = {topic for topic in worst if earlier[topic] == low}
    return {(topic, *ending) for topic in worst for ending in runoffs(left - {topic}, ballots, (*history, tally))}


FIVE = Decimal("0.00001")


class Paper:
    """One ballot paper on the counting table."""

    def __init__(self, ranking: Sequence[str]) -> None:
        self.ranking = ranking
        self.value = Decimal(1)


def stv_by_the_statute(  # noqa: C901  # one text, read from top to bottom like the statute
    topics: Sequence[str], ballots: Rankings, seats: int, lot: Sequence[str]
) -> list[dict[str, Any]]:
    """SSI 2007/42, rules 45 to 52, with papers on a table and decimals, as a returning officer would read them.

    `lot` is the order that settles what the statute leaves to lot: the first wins. Answers each stage.
    """
    table: dict[str, list[Paper]] = {topic: [] for topic in topics}
    for ballot in ballots:
        if ballot:
            table[ballot[0][0]].append(Paper([group[0] for group in ballot]))
    valid = sum(len(papers) for papers in table.values())
    quota = Decimal(valid // (seats + 1) + 1)
    credited = {topic: Decimal(len(table[topic])) for topic in topics}
    stages: list[dict[str, Any]] = []
    elected: list[str] = []
    excluded: list[str] = []
    transferred: list[str] = []
    away = Decimal(0)

    def continuing() -> list[str]:
        return [topic for topic in topics if topic not in elected and topic not in excluded]

    def end_of_stage() -> None:
        order = sorted(continuing(), key=lambda topic: (-credited[topic], lot.index(topic)))
        elected.extend(topic for topic in order if credited[topic] >= quota)
        if len(continuing()) <= seats - len(elected):
            elected.extend(sorted(continuing(), key=lambda topic: (-credited[topic], lot.index(topic))))
        stages.append({"credited": dict(credited), "elected": list(elected), "away": away})

    def one_of(tied: list[str], pick: Any) -> str:
        edge = pick(credited[topic] for topic in tied)
        tied = [topic for topic in tied if credited[topic] == edge]
        for stage in reversed(stages):
            edge = pick(stage["credited"][topic] for topic in tied)
            tied = [topic for topic in tied if stage["credited"][topic] == edge]
        return min(tied, key=lot.index) if pick is max else max(tied, key=lot.index)

    end_of_stage()
    while len(elected) < seats and continuing():
        surpluses = [topic for topic in elected if credited[topic] > quota and topic not in transferred]
        if surpluses:
            topic = one_of(surpluses, max)
            transferred.append(topic)
            surplus, total = credited[topic] - quota, credited[topic]
            for paper in table[topic]:
                paper.value = (surplus * paper.value / total).quantize(FIVE, ROUND_DOWN)
        else:
            topic = one_of(continuing(), min)
            excluded.append(topic)
            surplus = credited[topic]
        moved = Decimal(0)
        for paper in table[topic]:
            to = next((one for one in paper.ranking if one in continuing()), None)
            if to is not None:
                table[to].append(paper)
                credited[to] += paper.value
                moved += paper.value
        table[topic] = []
        credited[topic] -= surplus
        away += surplus - moved
        end_of_stage()
    return stages


def equal_shares(
    ballots: Sequence[dict[str, int]], costs: dict[str, int], budget: int, lot: Sequence[str]
) -> tuple[list[str], list[str], list[Fraction]]:
    """With a purse for every voter; a rate is found by trying who can pay it in full. Then Phragmén with a clock.

    Answers what was bought, what the clock added, and what everybody had left before it.
    """
    money = [Fraction(budget, len(ballots)) for _ in ballots]
    backing = {topic: sum(ballot.get(topic, 0) for ballot in ballots) for topic in costs}
    bought: list[str] = []

    def rates(topic: str) -> Iterator[Fraction]:
        backers = [voter for voter, ballot in enumerate(ballots) if topic in ballot]
        turning = [money[voter] / ballots[voter][topic] for voter in backers]
        for at in turning:  # who has less than this for each point pays all, the others pay by points
            poor = [voter for voter in backers if money[voter] / ballots[voter][topic] < at]
            rich = [voter for voter in backers if voter not in poor]
            rate = (Fraction(costs[topic]) - sum(money[voter] for voter in poor)) / sum(
                ballots[voter][topic] for voter in rich
            )
            if sum(min(money[voter], rate * ballots[voter][topic]) for voter in backers) == costs[topic]:
                yield rate

    while True:
        possible = {topic: min(found) for topic in costs if topic not in bought and (found := list(rates(topic)))}
        if not possible:
            break
        topic = min(possible, key=lambda one: (possible[one] / costs[one], -backing[one], lot.index(one)))
        for voter, ballot in enumerate(ballots):
            money[voter] -= min(money[voter], possible[topic] * ballot.get(topic, 0))
        bought.append(topic)
    return bought, _clock(ballots, costs, budget - sum(costs[topic] for topic in bought), money, bought, lot), money


def _clock(
    ballots: Sequence[dict[str, int]],
    costs: dict[str, int],
    budget: int,
    money: Sequence[Fraction],
    bought: Sequence[str],
    lot: Sequence[str],
) -> list[str]:
    """Phragmén by money: everybody earns evenly; the moment some group owns a cost, it pays with all it has."""
    purse, added = list(money), list[str]()
    while fitting := [topic for topic in costs if topic not in [*bought, *added] and costs[topic] <= budget]:
        backers = {topic: [v for v, ballot in enumerate(ballots) if topic in ballot] for topic in fitting}
        waits = {t: (Fraction(costs[t]) - sum(purse[v] for v in backers[t])) / len(backers[t]) for t in fitting}
        backing = {topic: sum(ballot.get(topic, 0) for ballot in ballots) for topic in fitting}
        topic = min(fitting, key=lambda one: (waits[one], -backing[one], lot.index(one)))
        purse = [Fraction(0) if v in backers[topic] else own + waits[topic] for v, own in enumerate(purse)]
        budget -= costs[topic]
        added.append(topic)
    return added


def phragmen_by_loads(ballots: Sequence[dict[str, int]], slots: int, lot: Sequence[str]) -> list[str]:
    """Phragmén's own words of 1894: spread each seat's load of one over its supporters so that the largest is least."""
    topics = sorted({topic for ballot in ballots for topic in ballot})
    loads, seats = [Fraction(0)] * len(ballots), list[str]()
    while len(seats) < min(slots, len(topics)):
        maxima = {}
        for topic in topics:
            if topic not in seats:
                backers = [voter for voter, ballot in enumerate(ballots) if topic in ballot]
                maxima[topic] = (Fraction(1) + sum(loads[voter] for voter in backers)) / len(backers), -len(backers)
        seat = min(maxima, key=lambda topic: (*maxima[topic], lot.index(topic)))
        loads = [maxima[seat][0] if seat in ballot else own for ballot, own in zip(ballots, loads, strict=True)]
        seats.append(seat)
    return seats
