"""`Configuration`: what is frozen when a round opens. Its canonical text has a digest, published at the opening."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from voting.methods.canonical import LARGEST_NUMBER, Malformed, canonical, digest

RULES = "hromada-1"  # changes whenever any count could come out otherwise
NONE = "none"  # the id of "none of these" on a ballot

# The ballots that a method can count.
BALLOTS = {
    "approval": {"approval"},
    "equal_shares": {"approval", "points", "quadratic"},
    "points": {"points", "quadratic"},
    "schulze": {"ranking"},
    "irv": {"ranking"},
    "stv": {"ranking"},
}
ONE_WINNER = {"schulze", "irv"}
# Below so many ballots not even the totals are published, and below so many of a kind not the ballots.
FEWEST_FOR_TOTALS = 10
FEWEST_FOR_BALLOTS = {"approval": 50, "points": 200, "quadratic": 200, "ranking": 200}
FEWEST_WITH_CONSENT = 50
MOST_TOPICS = 200
MOST_WEIGHT = 3
# A weight that fewer ballots have would show whose they are: weights stand on the roll too.
FEWEST_OF_A_WEIGHT = 20

_TOPIC = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Topic:
    """One choice. `cost` counts the budget's units, 1 where a round has slots. `texts` is kept for the digest alone."""

    id: str
    title: str
    cost: int
    texts: Any = None


@dataclass(frozen=True)
class Configuration:
    """A round's rules. Exactly one of `slots` and `budget` is set.

    `most`: how many may be approved or ranked (None: any number), or how many points one topic may get. `total`: how
    many points, or on a quadratic ballot credits, a ballot has. `minimum_support` counts ballots that name a topic, by
    weight; `minimum_turnout` counts valid ballots, blank ones too.
    """

    round: str
    title: str
    method: str
    ballot: str
    topics: tuple[Topic, ...]
    slots: int | None
    budget: int | None
    most: int | None
    total: int | None
    none: bool
    minimum_support: int
    minimum_turnout: int
    weight: int
    publish_totals: int
    publish_ballots: int
    consent: bool
    seed_commitment: str

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """What may stand on a ballot: the topics in their published order, then "none of these" if it is offered."""
        return (*(topic.id for topic in self.topics), *((NONE,) if self.none else ()))

    @cached_property
    def costs(self) -> dict[str, int]:
        """By topic."""
        return {topic.id: topic.cost for topic in self.topics}

    @property
    def to_spend(self) -> int:
        """The budget, or one unit for each slot."""
        return self.slots if self.slots is not None else self.budget or 0

    def facts(self) -> dict[str, Any]:
        """As `round.json` says it; `read_configuration` reads it back."""
        topics: list[dict[str, Any]] = [
            {"id": topic.id, "title": topic.title, "cost": topic.cost, "texts": topic.texts} for topic in self.topics
        ]
        return {
            "rules": RULES,
            "round": self.round,
            "title": self.title,
            "method": self.method,
            "ballot": {"kind": self.ballot, "most": self.most, "total": self.total, "none": self.none},
            "topics": topics,
            "slots": self.slots,
            "budget": self.budget,
            "minimum_support": self.minimum_support,
            "minimum_turnout": self.minimum_turnout,
            "weight": self.weight,
            "publish": {"totals": self.publish_totals, "ballots": self.publish_ballots, "consent": self.consent},
            "ties": "own rule, then lot",
            "seed_commitment": self.seed_commitment,
        }

    def text(self) -> str:
        """The canonical text, one line."""
        return canonical(self.facts()) + "\n"

    @property
    def digest(self) -> str:
        return digest(self.text())

    def published(self, ballots: int) -> str:
        """What an electorate of so many valid ballots allows to publish: `winners`, `totals` or `ballots`."""
        if ballots < self.publish_totals:
            return "winners"
        return "totals" if ballots < self.publish_ballots else "ballots"


def largest_shared(ballots: Mapping[int, int]) -> int:
    """The largest weight that leaves none to a few, if all larger ones become it. `ballots`: how many have each."""
    for largest in range(MOST_WEIGHT, 1, -1):
        found: dict[int, int] = {}
        for weight, many in ballots.items():
            found[min(weight, largest)] = found.get(min(weight, largest), 0) + many
        if all(many >= FEWEST_OF_A_WEIGHT for many in found.values()):
            return largest
    return 1


def _take(facts: Any, what: str, *keys: str) -> list[Any]:
    """The values of exactly these keys."""
    if not isinstance(facts, dict) or set(facts) != set(keys):
        raise Malformed(f"{what} must have exactly the keys {', '.join(sorted(keys))}")
    return [facts[key] for key in keys]


def whole_number(value: Any, what: str, least: int = 0, most: int = LARGEST_NUMBER) -> int:
    """The value, if it is a whole number between these two. Raises Malformed."""
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"{what} must be a whole number from {least} to {most}")
    return value


def _optional(value: Any, what: str) -> int | None:
    return None if value is None else whole_number(value, what, 1)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) > 1000 or not value.isprintable():
        raise Malformed(f"{what} must be a line of at most 1000 characters")
    return value


def _topics(facts: Any) -> tuple[Topic, ...]:
    if not isinstance(facts, list) or not 1 <= len(facts) <= MOST_TOPICS:
        raise Malformed(f"a round has from 1 to {MOST_TOPICS} topics")
    topics = []
    for fact in facts:
        key, title, cost, texts = _take(fact, "a topic", "id", "title", "cost", "texts")
        if not isinstance(key, str) or not _TOPIC.fullmatch(key) or key == NONE:
            raise Malformed("a topic's id is of small Latin letters, digits, _ and -, at most 40, and is not `none`")
        topics.append(Topic(key, _text(title, "a topic's title"), whole_number(cost, f"the cost of {key}", 1), texts))
    if len({topic.id for topic in topics}) != len(topics):
        raise Malformed("two topics have the same id")
    return tuple(topics)


def read_configuration(facts: Mapping[str, Any]) -> Configuration:
    """The rules from their facts. Raises Malformed with the sentence for whoever drafts the round."""
    rules, key, title, method, ballot, topics, slots, budget, support, turnout, weight, publish, ties, seed = _take(
        facts, "a configuration", "rules", "round", "title", "method", "ballot", "topics", "slots", "budget",
        "minimum_support", "minimum_turnout", "weight", "publish", "ties", "seed_commitment",
    )  # fmt: skip
    if rules != RULES or ties != "own rule, then lot":
        raise Malformed(f"this program counts by the rules {RULES}, not by {str(rules)[:40]}")
    kind, most, total, none = _take(ballot, "the ballot", "kind", "most", "total", "none")
    totals, ballots, consent = _take(publish, "publish", "totals", "ballots", "consent")
    if not isinstance(seed, str) or not _DIGEST.fullmatch(seed):
        raise Malformed("the commitment to the seed must be 64 hexadecimal digits")
    if type(none) is not bool or type(consent) is not bool:
        raise Malformed("`none` and `consent` must be true or false")
    if not isinstance(method, str) or not isinstance(kind, str) or kind not in BALLOTS.get(method, ()):
        raise Malformed(f"no count {str(method)[:40]} of {str(kind)[:40]} ballots is known")
    fewest = FEWEST_WITH_CONSENT if consent else FEWEST_FOR_BALLOTS[kind]
    found = Configuration(
        round=_text(key, "the round's name"),
        title=_text(title, "the round's title"),
        method=method,
        ballot=kind,
        topics=_topics(topics),
        slots=_optional(slots, "slots"),
        budget=_optional(budget, "budget"),
        most=_optional(most, "most"),
        total=_optional(total, "total"),
        none=none,
        minimum_support=whole_number(support, "the minimum support"),
        minimum_turnout=whole_number(turnout, "the minimum turnout"),
        weight=whole_number(weight, "the largest weight", 1, MOST_WEIGHT),
        publish_totals=whole_number(totals, "publish.totals", FEWEST_FOR_TOTALS),
        publish_ballots=whole_number(ballots, "publish.ballots", min(fewest, FEWEST_FOR_BALLOTS[kind])),
        consent=consent,
        seed_commitment=seed,
    )
    _agree(found)
    return found


def _agree(found: Configuration) -> None:
    """Refuses rules that contradict one another."""
    if (found.slots is None) == (found.budget is None):
        raise Malformed("a round has either slots or a budget")
    if found.budget is not None and found.method != "equal_shares":
        raise Malformed("only equal shares can spend a budget")
    if found.slots is not None and any(topic.cost != 1 for topic in found.topics):
        raise Malformed("where a round has slots every topic costs 1")
    if found.method in ONE_WINNER and found.slots != 1:
        raise Malformed(f"{found.method} has one winner")
    with_points = found.ballot in {"points", "quadratic"}
    if with_points != (found.total is not None) or (with_points and found.most is None):
        raise Malformed("a ballot of points says how many there are and how many one topic may get; no other does")
    if found.publish_ballots < found.publish_totals:
        raise Malformed("ballots are not published where totals are not")
