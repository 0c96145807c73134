"""A whole count: from the rules, the ballots and what became known at the close to a result with its full trace.

`count` is what production, `manage.py recount` and `recount.py` call.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from voting.methods.approval import count_highest, sums
from voting.methods.ballots import Cast, Piles, named, only
from voting.methods.canonical import Contradicted, Malformed, as_text, seed_commitment
from voting.methods.configuration import NONE, RULES, Configuration, whole_number
from voting.methods.equal_shares import count_equal_shares
from voting.methods.irv import count_irv
from voting.methods.outcome import Outcome
from voting.methods.schulze import count_schulze, first_preferences, pairwise
from voting.methods.stv import count_stv
from voting.methods.ties import Ties

# What can be counted again from totals alone.
FROM_TOTALS = {"approval", "points", "schulze"}


@dataclass(frozen=True)
class Closing:
    """What became known at the close: the seed, the topics withdrawn since the opening, and how the roll adds up."""

    seed: str
    ballot_digest: str
    roll: int
    counted: int
    blank: int
    voided: Mapping[str, int] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()

    @property
    def ballots(self) -> int:
        """Valid ballots, blank ones too."""
        return self.counted + self.blank

    @property
    def voted(self) -> int:
        return self.ballots + sum(self.voided.values())

    def facts(self) -> dict[str, Any]:
        """As `closing.json` says it; `read_closing` reads it back."""
        return {
            "seed": self.seed,
            "ballot_digest": self.ballot_digest,
            "numbers": {
                "roll": self.roll,
                "voted": self.voted,
                "counted": self.counted,
                "blank": self.blank,
                "voided": dict(self.voided),
            },
            "withdrawn": list(self.withdrawn),
        }


def read_closing(rules: Configuration, facts: Any) -> Closing:
    """The close from its facts; refuses what does not add up or was not committed to. Raises Malformed."""
    try:
        numbers = facts["numbers"]
        found = Closing(
            seed=facts["seed"],
            ballot_digest=facts["ballot_digest"],
            roll=whole_number(numbers["roll"], "the roll"),
            counted=whole_number(numbers["counted"], "counted"),
            blank=whole_number(numbers["blank"], "blank"),
            voided={reason: whole_number(count, "voided") for reason, count in numbers["voided"].items()},
            withdrawn=tuple(facts["withdrawn"]),
        )
        if found.voted != whole_number(numbers["voted"], "voted"):
            raise Contradicted("voted is not counted + blank + voided")
        if found.facts() != facts:
            raise Malformed("the closing has other keys than it should")
        check_closing(rules, found)
    except (KeyError, TypeError, AttributeError):
        raise Malformed("the closing lacks something, or something in it is of the wrong kind") from None
    return found


def check_closing(rules: Configuration, closing: Closing) -> None:
    """Refuses a close that does not fit the rules. Raises Contradicted."""
    if seed_commitment(closing.seed) != rules.seed_commitment:
        raise Contradicted("the seed is not the one that was committed to at the opening")
    if closing.roll < closing.voted:
        raise Contradicted("more have voted than are on the roll")
    if not set(closing.withdrawn) <= set(rules.costs) or len(set(closing.withdrawn)) != len(closing.withdrawn):
        raise Contradicted("a topic was withdrawn that the round does not have, or twice")


@dataclass(frozen=True)
class Totals:
    """Sums over all ballots. `support`: how many name a topic; `points` or `pairwise`, whichever the ballots have."""

    support: Mapping[str, int]
    points: Mapping[str, int] | None = None
    first: Mapping[str, int] | None = None
    pairwise: Mapping[str, Mapping[str, int]] | None = None

    def facts(self) -> dict[str, Any]:
        """As `totals.json` and the result say it."""
        return {"support": self.support, "points": self.points, "first": self.first, "pairwise": self.pairwise}


def standing(rules: Configuration, closing: Closing) -> list[str]:
    """What may be counted: everything on the ballot that was not withdrawn."""
    return [choice for choice in rules.choices if choice not in closing.withdrawn]


def add_up(choices: Sequence[str], piles: Piles, ranked: bool) -> Totals:
    """The totals of ballots on which nothing but these choices stands, in this order."""
    support = Counter[str]()
    for pile, count in piles.items():
        for topic in named(pile, ranked):
            support[topic] += count
    all_support = {topic: support[topic] for topic in choices}
    if ranked:
        first = first_preferences(piles)
        return Totals(all_support, None, {topic: first[topic] for topic in choices}, pairwise(choices, piles))
    points = sums(piles)
    return Totals(all_support, {topic: points[topic] for topic in choices})


def set_aside(rules: Configuration, closing: Closing, totals: Totals) -> dict[str, dict[str, Any]]:
    """Which topics are not counted, and why: withdrawn, too dear, named by too few, or not above "none of these"."""
    needed, found = max(1, rules.minimum_support), dict[str, dict[str, Any]]()
    for topic in (topic.id for topic in rules.topics):
        support = totals.support.get(topic, 0)
        if topic in closing.withdrawn:
            found[topic] = {"reason": "withdrawn"}
        elif closing.ballots < rules.minimum_turnout:
            found[topic] = {"reason": "turnout", "had": closing.ballots, "needed": rules.minimum_turnout}
        elif rules.costs[topic] > rules.to_spend:
            found[topic] = {"reason": "too_dear", "had": rules.to_spend, "needed": rules.costs[topic]}
        elif support < needed:
            found[topic] = {"reason": "support", "had": support, "needed": needed}
        elif rules.none:
            for_it, against = _against_none(totals, topic)
            if for_it <= against:
                found[topic] = {"reason": "below_none", "had": for_it, "needed": against + 1}
    return found


def _against_none(totals: Totals, topic: str) -> tuple[int, int]:
    """How many prefer the topic to "none of these", and the other way round."""
    if totals.pairwise is not None:
        return totals.pairwise[topic][NONE], totals.pairwise[NONE][topic]
    points = totals.points or {}
    return points[topic], points[NONE]


def simple_majority(rules: Configuration, topics: Iterable[str], totals: Totals, ties: Ties) -> list[str]:
    """What the largest group alone would have chosen: most supporters, or first preferences, while money lasts."""
    votes = totals.first if totals.first is not None else totals.support
    left, found = rules.to_spend, []
    for topic in sorted(topics, key=lambda topic: (-votes[topic], ties.lot(topic))):
        if rules.costs[topic] <= left and votes[topic]:
            left -= rules.costs[topic]
            found.append(topic)
    return found


def elect(rules: Configuration, closing: Closing, totals: Totals, piles: Piles | None) -> dict[str, Any]:
    """The count from the totals, and from the ballots where the method needs them. Raises Malformed without them."""
    if piles is None and rules.method not in FROM_TOTALS:
        raise Malformed(f"{rules.method} cannot be counted again without the ballots")
    ties = Ties(closing.seed, closing.ballot_digest)
    aside = set_aside(rules, closing, totals)
    topics = [topic.id for topic in rules.topics if topic.id not in aside]
    outcome = _by_method(rules, topics, totals, piles or {}, ties)
    return {
        "method": rules.method,
        "chosen": outcome.chosen,
        "reserve": outcome.reserve,
        "totals": totals.facts(),
        "steps": outcome.steps,
        "ties": ties.log,
        "why": {**aside, **outcome.why},
        "simple_majority": simple_majority(rules, topics, totals, ties),
    }


def _by_method(rules: Configuration, topics: list[str], totals: Totals, piles: Piles, ties: Ties) -> Outcome:
    slots = rules.slots or 0
    if not topics:
        return Outcome()
    if rules.method in {"approval", "points"}:
        return count_highest(topics, Counter(totals.points), slots, ties)
    if rules.method == "schulze":
        matrix = totals.pairwise or {}
        return count_schulze(topics, {a: {b: matrix[a][b] for b in topics if b != a} for a in topics}, ties)
    # Where nothing else is named, the ballots are taken as they are.
    is_all = not rules.none and not any(had for topic, had in totals.support.items() if topic not in topics)
    narrowed = piles if is_all else only(piles, topics, rules.ballot == "ranking")
    if rules.method == "equal_shares":
        # Whoever named a topic shares the budget, even if that topic was set aside.
        voters = sum(count for pile, count in piles.items() if pile)
        budget = rules.to_spend
        return count_equal_shares(topics, narrowed, costs=rules.costs, budget=budget, voters=voters, ties=ties)
    if rules.method == "irv":
        return count_irv(topics, narrowed, ties)
    return count_stv(topics, narrowed, slots, ties)


def coverage(piles: Piles, chosen: Iterable[str], ranked: bool) -> dict[str, Any]:
    """How many of those who named a topic named one that was chosen, and how many chosen topics one has on average."""
    winners, voters, reached, together = set(chosen), 0, 0, 0
    for pile, count in piles.items():
        hits = len(winners.intersection(named(pile, ranked)))
        if hits:
            voters += count
            reached += count
            together += count * hits
        elif pile and any(topic != NONE for topic in named(pile, ranked)):
            voters += count
    return {"voters": voters, "with_a_topic": reached, "topics_each": as_text(Fraction(together, voters or 1))}


def _elect_from(rules: Configuration, closing: Closing, piles: Piles) -> dict[str, Any]:
    """A withdrawn topic is as if it had never been on a ballot."""
    ranked, choices = rules.ballot == "ranking", standing(rules, closing)
    left = only(piles, choices, ranked) if closing.withdrawn else piles
    return elect(rules, closing, add_up(choices, left, ranked), left)


def count(rules: Configuration, closing: Closing, cast: Cast) -> dict[str, Any]:
    """The result, as `result.json` says it. With weights both counts are in it, and whether they differ.

    `blind` keeps the digest of a result of which little is published from telling the rest: without it few ballots
    could be guessed, counted, and compared.
    """
    check_closing(rules, closing)
    if (cast.digest, cast.counted, cast.blank) != (closing.ballot_digest, closing.counted, closing.blank):
        raise Malformed("the ballots are not those that were sealed at the close")
    main = _elect_from(rules, closing, cast.weighted)
    single = _elect_from(rules, closing, cast.single) if rules.weight > 1 else None
    return {
        "rules": RULES,
        "round": rules.round,
        "configuration_digest": rules.digest,
        "ballot_digest": cast.digest,
        "blind": cast.blind,
        "numbers": closing.facts()["numbers"],
        "count": main,
        "unweighted": single,
        "weights_decide": single is not None and set(single["chosen"]) != set(main["chosen"]),
        "coverage": coverage(cast.single, main["chosen"], rules.ballot == "ranking"),
    }
