"""The single transferable vote by Scottish rules.

Source: The Scottish Local Government Elections Order 2007 (SSI 2007/42), schedule 1, rules 45 to 52. A vote is counted
in hundred-thousandths, because the law says five decimal places and to ignore the remainder; what is ignored is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from voting.methods.ballots import Piles, Ranking
from voting.methods.outcome import Outcome
from voting.methods.ties import Ties

WHOLE = 100_000  # one vote

# A topic's papers, by the value at which it got them.
Papers = defaultdict[int, Counter[Ranking]]


def decimals(units: int) -> str:
    """Hundred-thousandths of a vote as a decimal number."""
    return f"{units // WHOLE}.{units % WHOLE:05d}"


class Stv:
    """One count: who holds which papers, and what each stage did. Numbers of votes are hundred-thousandths."""

    def __init__(self, topics: Sequence[str], piles: Piles, slots: int, ties: Ties) -> None:
        self.slots, self.ties, self.found = slots, ties, Outcome()
        self.continuing = list(topics)
        self.held: dict[str, Papers] = {topic: defaultdict(Counter) for topic in topics}
        self.votes = dict.fromkeys(topics, 0)
        self.exhausted = self.lost = 0
        self.stages: list[dict[str, int]] = []
        self.surpluses: list[str] = []  # elected, with papers still to be transferred
        valid = 0
        for pile, count in piles.items():
            if pile:
                self._give(pile[0][0], WHOLE, pile, count)
                valid += count
        self.quota = (valid // (slots + 1) + 1) * WHOLE  # rule 46

    def _give(self, topic: str, value: int, ranking: Ranking, count: int) -> None:
        self.held[topic][value][ranking] += count
        self.votes[topic] += value * count

    def run(self) -> Outcome:
        """Stage by stage until the slots are filled."""
        self._close_stage({"kind": "first preferences"})
        while len(self.found.chosen) < self.slots and self.continuing:
            if self.surpluses:
                self._transfer_surplus()
            else:
                self._exclude()
        out = self.found.reserve
        rest = sorted(self.continuing, key=lambda topic: (-self.votes[topic], self.ties.lot(topic)))
        self.found.reserve = rest + out[::-1]
        for topic in rest:
            self.found.why[topic] = {
                "reason": "slots_filled", "had": decimals(self.votes[topic]), "needed": decimals(self.quota)
            }  # fmt: skip
        return self.found

    def _earlier(self) -> list[tuple[str, dict[str, int]]]:
        """Stages before the present one, latest first: the statute's rule for equal votes."""
        before = self.stages[:-1]
        return [(f"stage {len(before) - back}", tally) for back, tally in enumerate(reversed(before))]

    def _transfer_surplus(self) -> None:
        """Rules 48 and 49: the largest surplus first; all papers of the elected one, each at a part of its value."""
        most = max(self.votes[topic] for topic in self.surpluses)
        tied = [topic for topic in self.surpluses if self.votes[topic] == most]
        topic = self.ties.best(len(self.stages), "whose surplus is first", tied, *self._earlier())
        self.surpluses.remove(topic)
        credited = self.votes[topic]
        surplus = credited - self.quota
        values = {value: surplus * value // credited for value in self.held[topic]}
        moved = self._hand_on(topic, values)
        self.votes[topic] = self.quota
        rest = surplus - moved["votes"]
        self.lost += rest
        self._close_stage({
            "kind": "surplus", "topic": topic, "surplus": decimals(surplus), "credited": decimals(credited),
            "transfers": moved["transfers"], "truncated": decimals(rest),
        })  # fmt: skip

    def _exclude(self) -> None:
        """Rules 50 and 51: the last topic goes out, its papers keep their value."""
        fewest = min(self.votes[topic] for topic in self.continuing)
        tied = [topic for topic in self.continuing if self.votes[topic] == fewest]
        topic = self.ties.worst(len(self.stages), "which goes out", tied, *self._earlier())
        self.continuing.remove(topic)
        self.found.reserve.append(topic)
        self.found.why[topic] = {"reason": "out", "step": len(self.stages) + 1, "had": decimals(fewest)}
        moved = self._hand_on(topic, {value: value for value in self.held[topic]})
        self.votes[topic] = 0
        self._close_stage({"kind": "exclusion", "topic": topic, "transfers": moved["transfers"]})

    def _hand_on(self, topic: str, values: dict[int, int]) -> dict[str, Any]:
        """Gives the topic's papers to the next continuing topic on each, at the new value for their old one."""
        continuing, moved = set(self.continuing), Counter[tuple[str, int]]()
        for old, rankings in sorted(self.held.pop(topic).items(), reverse=True):
            value = values[old]
            for ranking, count in rankings.items():
                after = next((one for (one,) in ranking if one in continuing), "")
                moved[after, value] += count
                if after:
                    self._give(after, value, ranking, count)
                else:
                    self.exhausted += value * count
        transfers = [
            {"to": to or None, "papers": papers, "value": decimals(value), "votes": decimals(value * papers)}
            for (to, value), papers in sorted(moved.items())
        ]
        return {"transfers": transfers, "votes": sum(value * papers for (_, value), papers in moved.items())}

    def _close_stage(self, did: dict[str, Any]) -> None:
        """Rules 47 and 52: who has the quota is elected, and so are all that are left when no more than slots are."""
        self.stages.append(dict(self.votes))
        step, free = len(self.stages), self.slots - len(self.found.chosen)
        reached = [topic for topic in self.continuing if self.votes[topic] >= self.quota]
        rest = [topic for topic in self.continuing if topic not in reached]
        if len(rest) <= free - len(reached):
            reached += rest
        reached.sort(key=lambda topic: (-self.votes[topic], self.ties.lot(topic)))
        for topic in reached:
            self.continuing.remove(topic)
            self.found.chosen.append(topic)
            if self.votes[topic] > self.quota:
                self.surpluses.append(topic)
        tallies = {topic: decimals(votes) for topic, votes in self.votes.items()}
        self.found.steps.append({
            "step": step, **did, "quota": decimals(self.quota), "tallies": tallies, "elected": reached,
            "exhausted": decimals(self.exhausted), "lost": decimals(self.lost),
        })  # fmt: skip


def count_stv(topics: Sequence[str], piles: Piles, slots: int, ties: Ties) -> Outcome:
    """`slots` winners, or all topics where there are no more than slots."""
    return Stv(topics, piles, slots, ties).run()
