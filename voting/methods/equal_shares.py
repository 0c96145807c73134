"""The Method of Equal Shares with costs, in exact fractions, completed by sequential Phragmén.

Source: D. Peters, G. Pierczynski, P. Skowron, "Proportional Participatory Budgeting with Additive Utilities" (2021); a
topic's utility is its cost times the voter's points for it, as equalshares.net counts. Every voter gets an equal share
of the budget. A topic is bought by those who support it: each pays the same rate for each point, or all that is left.
The topic with the lowest rate for its cost, which is the one with the most effective support, is bought next.

What remains when nobody can buy anything more is spent by Phragmén's rule: all go on earning at the same pace, starting
from what they have left, and the first topic whose supporters together own its cost is bought. Topics that no longer
fit into the budget are passed over. The same clock runs on past the budget to name the reserve.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from voting.methods.approval import sums
from voting.methods.ballots import Piles, Scores
from voting.methods.canonical import as_text
from voting.methods.outcome import Outcome
from voting.methods.ties import Ties

# How many voters of a purse give a topic so many points: all that paying needs to know of its supporters.
Supporters = Counter[tuple[int, int]]


class Purses:
    """What each pile of equal voters has left, and with it who could pay for the topics that are not bought yet.

    Few different amounts occur, so a pile holds an amount's number: its purse.

    Phragmén's income is the same for all, so it is kept outside: an amount then is what is left, less that income.
    """

    def __init__(self, piles: Piles, share: Fraction, topics: Iterable[str]) -> None:
        self.amounts = [share]
        self.supporters: dict[str, Supporters] = {topic: Counter() for topic in topics}
        self._numbers = {share: 0}
        self._piles: list[tuple[Scores, int]] = list(piles.items())
        self._of = [0] * len(self._piles)
        self._backing: dict[str, list[tuple[int, int]]] = {topic: [] for topic in self.supporters}
        for at, (pile, count) in enumerate(self._piles):
            for topic, points in pile:
                self.supporters[topic][0, points] += count
                self._backing[topic].append((at, points))

    def number(self, amount: Fraction) -> int:
        """The purse with this amount."""
        if amount not in self._numbers:
            self._numbers[amount] = len(self.amounts)
            self.amounts.append(amount)
        return self._numbers[amount]

    def owned(self, supporters: Supporters) -> Fraction:
        """What they have together."""
        return sum((self.amounts[purse] * count for (purse, _), count in supporters.items()), Fraction(0))

    def move(self, topic: str, left: Mapping[tuple[int, int], int]) -> None:
        """The topic is bought: its supporters get the purse that `left` names for their old one and their points."""
        del self.supporters[topic]
        for at, points in self._backing.pop(topic):
            old, (pile, count) = self._of[at], self._piles[at]
            self._of[at] = new = left[old, points]
            for other, of in pile:
                if new != old and other in self.supporters:
                    groups = self.supporters[other]
                    groups[new, of] += count
                    groups[old, of] -= count
                    if not groups[old, of]:
                        del groups[old, of]


def rate(cost: int, supporters: Supporters, amounts: Sequence[Fraction]) -> Fraction | None:
    """What is paid for one point when the supporters buy at this cost; None if they cannot afford it."""
    missing, points = Fraction(cost), sum(of * count for (_, of), count in supporters.items())
    for (purse, of), count in sorted(supporters.items(), key=lambda group: amounts[group[0][0]] / group[0][1]):
        if missing * of <= amounts[purse] * points:
            return missing / points
        missing -= amounts[purse] * count
        points -= of * count
    return None


@dataclass
class EqualShares:
    """One count: what is left, who owns it, and which topics are not bought yet."""

    remaining: list[str]
    costs: Mapping[str, int]
    budget: int
    purses: Purses
    support: Counter[str]
    ties: Ties
    found: Outcome
    clock: Fraction = Fraction(0)  # what everybody has earned since the first part

    def buy(self) -> None:
        """The first part: until no topic can be paid by those who support it."""
        while True:
            rates = {
                topic: rate(self.costs[topic], of, self.purses.amounts) for topic, of in self.purses.supporters.items()
            }
            effective = {topic: self.costs[topic] / paid for topic, paid in rates.items() if paid}
            if not effective:
                break
            topic = self._first(effective, max(effective.values()), "which is bought first")
            paid = rates[topic] or Fraction(0)
            self._bought("purchase", topic, {
                "rate": as_text(paid), "effective": {one: as_text(value) for one, value in effective.items()},
                "payers": self._pay(topic, paid),
            })  # fmt: skip
        for topic, of in self.purses.supporters.items():
            had = as_text(self.purses.owned(of))
            self.found.why[topic] = {"reason": "spent", "had": had, "needed": self.costs[topic]}

    def _first(self, values: Mapping[str, Fraction], best: Fraction, about: str) -> str:
        tied = [topic for topic, value in values.items() if value == best]
        return self.ties.best(len(self.found.steps) + 1, about, tied, ("support", self.support))

    def _bought(self, kind: str, topic: str, facts: dict[str, Any]) -> None:
        self.remaining.remove(topic)
        if kind == "reserve":
            self.found.reserve.append(topic)
        else:
            self.found.chosen.append(topic)
            self.found.why.pop(topic, None)
            self.budget -= self.costs[topic]
        step, cost = len(self.found.steps) + 1, self.costs[topic]
        self.found.steps.append(
            {"step": step, "kind": kind, "topic": topic, "cost": cost, **facts, "left": self.budget}
        )

    def _pay(self, topic: str, paid: Fraction) -> list[dict[str, Any]]:
        """Takes what each group of supporters pays, and says it for people."""
        left, payers = {}, []
        amounts, supporters = self.purses.amounts, self.purses.supporters[topic]
        for (purse, points), count in sorted(supporters.items(), key=lambda one: (-amounts[one[0][0]], one[0][1])):
            had = amounts[purse]
            each = min(had, paid * points)
            left[purse, points] = self.purses.number(had - each)
            payers.append({
                "voters": count, "points": points, "had": as_text(had), "paid": as_text(each),
                "left": as_text(had - each),
            })  # fmt: skip
        self.purses.move(topic, left)
        return payers

    def complete(self) -> None:
        """The second part, then the reserve: a topic that was passed over and can pay by then is bought at once."""
        while self.remaining:
            fitting = [topic for topic in self.remaining if self.costs[topic] <= self.budget]
            for topic in self.remaining:
                if topic not in fitting:
                    self.found.why[topic].setdefault("left", self.budget)
            times = {topic: max(self.clock, self._time(topic)) for topic in fitting or self.remaining}
            topic = self._first(times, min(times.values()), "who can pay first")
            self.clock = time = times[topic]
            self._bought("completion" if fitting else "reserve", topic, {
                "time": as_text(time), "times": {one: as_text(value) for one, value in times.items()},
                "payers": self._give(topic, time),
            })  # fmt: skip

    def _time(self, topic: str) -> Fraction:
        """When the topic's supporters own its cost."""
        supporters = self.purses.supporters[topic]
        return (self.costs[topic] - self.purses.owned(supporters)) / sum(supporters.values())

    def _give(self, topic: str, time: Fraction) -> list[dict[str, Any]]:
        """Takes what the topic costs, from each of its supporters the same part of what they own by then.

        It is all they own, but where the topic was passed over and they went on earning: then they keep the rest.
        """
        voters, amounts, supporters = Counter[int](), self.purses.amounts, self.purses.supporters[topic]
        for (purse, _), count in supporters.items():
            voters[purse] += count
        part = self.costs[topic] / (self.purses.owned(supporters) + time * sum(voters.values()))
        left = {purse: self.purses.number((amounts[purse] + time) * (1 - part) - time) for purse in voters}
        self.purses.move(topic, {group: left[group[0]] for group in supporters})
        return [
            {"voters": count, "paid": as_text((amounts[purse] + time) * part)}
            for purse, count in sorted(voters.items(), key=lambda one: -amounts[one[0]])
        ]


def count_equal_shares(
    topics: Sequence[str], piles: Piles, *, costs: Mapping[str, int], budget: int, voters: int, ties: Ties
) -> Outcome:
    """Spends the budget on topics that each are on some ballot. `voters` share it, also those with none of `topics`."""
    purses = Purses(piles, Fraction(budget, voters) if voters else Fraction(0), topics)
    counted = EqualShares(list(topics), costs, budget, purses, sums(piles), ties, Outcome())
    counted.buy()
    counted.complete()
    return counted.found
