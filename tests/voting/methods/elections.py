"""Rounds for the tests: rules and ballots in a line, counted by the engine's front door."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from voting.methods.ballots import Cast, ballot_line, ballot_text, read_ballots
from voting.methods.canonical import seed_commitment
from voting.methods.configuration import Configuration, Topic, read_configuration
from voting.methods.counting import Closing, count

SEED = "3f8a"
RANKED = {"schulze", "irv", "stv"}


def rules(method: str, topics: Iterable[str], **more: Any) -> Configuration:
    """A round of these topics; one slot and the method's plain ballot unless said otherwise."""
    kind = more.pop("ballot", "ranking" if method in RANKED else "points" if method == "points" else "approval")
    costs: dict[str, int] = more.pop("costs", {})
    points = kind in {"points", "quadratic"}
    facts: dict[str, Any] = {
        "round": "2026-11", "title": "What next?", "method": method, "ballot": kind,
        "topics": tuple(Topic(topic, f"Topic {topic}", costs.get(topic, 1)) for topic in topics),
        "slots": None if "budget" in more else 1, "budget": None, "most": 5 if points else None,
        "total": 10 if points else None, "none": False, "minimum_support": 0, "minimum_turnout": 0, "weight": 1,
        "publish_totals": 10, "publish_ballots": 50 if kind == "approval" else 200, "consent": False,
        "seed_commitment": seed_commitment(SEED),
    }  # fmt: skip
    found = Configuration(**facts | more)
    assert read_configuration(found.facts()) == found
    return found


def ranked(*said: str) -> list[Any]:
    """`"42 acd"` is 42 ballots a, c, d; `"2 a(bc)"` has b and c in one rank."""
    found: list[Any] = []
    for line in said:
        number, _, order = line.partition(" ")
        groups: list[list[str]] = []
        inside = False
        for sign in order:
            if sign in "()":
                inside = sign == "("
                groups += [[]] if inside else []
            elif inside:
                groups[-1].append(sign)
            else:
                groups.append([sign])
        found += [[sorted(group) for group in groups]] * int(number)
    return found


def approved(*said: str) -> list[Any]:
    """`"3 ab"` is three ballots that approve of a and b."""
    return [sorted(line.partition(" ")[2]) for line in said for _ in range(int(line.split()[0]))]


def lines(of: Configuration, ballots: Iterable[Any], weights: Sequence[int] | None = None, code: str = "") -> str:
    """The sorted file of these ballots."""
    all_ballots = list(ballots)
    heavy = weights or [1] * len(all_ballots)
    return ballot_text(
        ballot_line(of, choices, weight=weight, code=code) for choices, weight in zip(all_ballots, heavy, strict=True)
    )


def cast(of: Configuration, ballots: Iterable[Any], weights: Sequence[int] | None = None) -> Cast:
    return read_ballots(of, lines(of, ballots, weights).splitlines(keepends=True))


def closing(all_cast: Cast, seed: str = SEED, **more: Any) -> Closing:
    return Closing(seed, all_cast.digest, all_cast.lines + 5, all_cast.counted, all_cast.blank, **more)


def result(
    of: Configuration, ballots: Iterable[Any], weights: Sequence[int] | None = None, **more: Any
) -> dict[str, Any]:
    """The whole result."""
    all_cast = cast(of, ballots, weights)
    return count(of, closing(all_cast, **more), all_cast)


def counted(of: Configuration, ballots: Iterable[Any], **more: Any) -> dict[str, Any]:
    """The count inside it."""
    found: dict[str, Any] = result(of, ballots, **more)["count"]
    return found


def chosen(method: str, topics: Iterable[str], ballots: Iterable[Any], **more: Any) -> list[str]:
    return list(counted(rules(method, topics, **more), ballots)["chosen"])


def tallies(found: dict[str, Any]) -> list[list[Any]]:
    """The rounds of a runoff, each from the largest tally down."""
    return [sorted(step["tallies"].values(), reverse=True) for step in found["steps"]]


def piles(ballots: Iterable[Any]) -> Counter[Any]:
    return Counter(tuple(tuple(group) for group in ballot) for ballot in ballots)
