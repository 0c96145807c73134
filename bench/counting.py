"""Counting: each method's time as a ratio to a bare pass over the same ballots, from the sorted lines to the result.

    python -m bench.counting [ballots …]      (1000 10000 100000 unless said otherwise)

The bare pass reads the lines and the topics on each, and sums; it is the least that any count must do.
"""

import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from voting.methods.ballots import ballot_line, read_ballots
from voting.methods.canonical import seed_commitment
from voting.methods.configuration import Configuration, Topic
from voting.methods.counting import Closing, count

TOPICS = 20
SEED = "bench"
# Name, method, kind of ballot, most, total.
CASES = [
    ("approval ≤ 3", "approval", "approval", 3, None),
    ("equal shares ≤ 3", "equal_shares", "approval", 3, None),
    ("equal shares, any", "equal_shares", "approval", None, None),
    ("points 10", "points", "points", 5, 10),
    ("equal shares, points", "equal_shares", "points", 5, 10),
    ("schulze ≤ 5", "schulze", "ranking", 5, None),
    ("irv ≤ 5", "irv", "ranking", 5, None),
    ("stv ≤ 5", "stv", "ranking", 5, None),
]


@dataclass
class Measured:
    """Seconds, and how many different ballots there were."""

    name: str
    ballots: int
    different: int
    bare: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def rules(method: str, ballot: str, most: int | None, total: int | None) -> Configuration:
    """A round of 20 topics, with 4 slots where the method can fill them."""
    topics = tuple(Topic(f"t{number}", f"Topic {number}", 1) for number in range(TOPICS))
    return Configuration(
        "bench", "Bench", method, ballot, topics, 1 if method in {"schulze", "irv"} else 4, None, most, total,
        none=False, minimum_support=0, minimum_turnout=0, weight=1, publish_totals=10, publish_ballots=200,
        consent=False, seed_commitment=seed_commitment(SEED),
    )  # fmt: skip


def choices(of: Configuration, chance: random.Random) -> Any:
    """A ballot of somebody who likes the first topics more than the last."""
    liked = sorted(of.choices, key=lambda topic: chance.random() * (4 + int(topic[1:])))
    if of.ballot == "approval":
        return liked[: chance.randint(1, of.most or TOPICS // 2)]
    if of.ballot == "ranking":
        return [[topic] for topic in liked[: chance.randint(1, of.most or TOPICS)]]
    return {topic: chance.randint(1, 3) for topic in liked[:3]}


def bare_pass(lines: Iterable[str]) -> Counter[str]:
    """Reads each ballot and sums what is named on it."""
    found = Counter[str]()
    for line in lines:
        ballot = json.loads(line)
        for one in ballot["choices"]:
            found[one if isinstance(one, str) else one[0]] += ballot["weight"]
    return found


def _whole(of: Configuration, closing: Closing, lines: list[str]) -> dict[str, Any]:
    return count(of, closing, read_ballots(of, lines))


def _timed(work: Callable[..., object], *arguments: object) -> float:
    """Of the processor's time, so that neighbours on the machine matter less."""
    begun = time.process_time()
    work(*arguments)
    return time.process_time() - begun


def measure(ballots: int, repeats: int = 3) -> list[Measured]:
    """Every case with so many ballots; of each the fastest of `repeats`, the bare pass and ours by turns."""
    found = []
    for name, method, ballot, most, total in CASES:
        of, chance = rules(method, ballot, most, total), random.Random(ballots)
        code = secrets.token_hex(16).upper().translate(str.maketrans("0189", "GHIJ"))
        lines = sorted(ballot_line(of, choices(of, chance), code=code) + "\n" for _ in range(ballots))
        cast = read_ballots(of, lines)
        closing = Closing(SEED, cast.digest, ballots, cast.counted, cast.blank)
        times = [(_timed(bare_pass, lines), _timed(_whole, of, closing, lines)) for _ in range(repeats)]
        bare, ours = (min(column) for column in zip(*times, strict=True))
        found.append(Measured(name, ballots, len(cast.single), bare, ours))
    return found


def report(seen: list[Measured]) -> str:
    """For people."""
    rows = [
        f"{one.name:22} {one.ballots:8} ballots {one.different:8} different  ours {one.ours * 1000:9.1f} ms"
        f"  bare {one.bare * 1000:8.1f} ms  ratio {one.ratio:5.2f}"
        for one in seen
    ]
    return "\n".join(rows)


def main() -> None:
    for size in [int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000]:
        print(report(measure(size)))


if __name__ == "__main__":
    main()
