"""The tests can fail: the engine's text with one thing changed disagrees with the models; as it is, it agrees."""

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.voting.methods import models
from voting.methods.single_file import program

TOPICS = "abcde"
SURPLUS, STRENGTH = "surplus * value // credited", "row[b] = max(row[b], strength)"
LINK = "matrix[a][b] if a != b and matrix[a][b] > matrix[b][a] else 0"
EQUAL_RANKS = "                for other in here:\n                    row[other] += count\n"
MUTANTS = {
    "transfer values rounded up": (SURPLUS, "-(-surplus * value // credited)"),
    "transfer values of first preferences": (SURPLUS, "surplus * WHOLE // credited"),
    "Hare's quota": ("valid // (slots + 1) + 1", "valid // slots + 1"),
    "the smallest surplus first": ("most = max(self.votes", "most = min(self.votes"),
    "papers go back to those elected": ("moved = set(self.continuing)", "moved = set(self.votes) - {topic}"),
    "the first round decides ties": ("enumerate(reversed(rounds), 1)", "enumerate(rounds, 1)"),
    "half is a majority": ("2 * max(tallies.values()) > sum", "2 * max(tallies.values()) >= sum"),
    "the most votes go out": ("fewest = min(tallies.values())", "fewest = max(tallies.values())"),
    "margins": (LINK, "max(matrix[a][b] - matrix[b][a], 0) if a != b else 0"),
    "no paths": (STRENGTH, "row[b] = row[b]"),
    "equal ranks count as victories": (EQUAL_RANKS, ""),
    "the poor pay nothing": ("missing -= amounts[purse] * count", "missing -= 0"),
    "the dearest first": ("effective, max(effective.values())", "effective, min(effective.values())"),
    "no rule for equal support": ('tied, ("support", self.support))', "tied)"),
    "change is given back": ("* (1 - part) - time)", "* (1 - part))"),
    "everything fits": ("if self.costs[topic] <= self.budget]", "if self.budget > 0]"),
    "ties upside down": ("(min if worst else max)(values", "(max if worst else min)(values"),
    "the lot upside down": ("drawn[-1:] if worst else drawn[:1]", "drawn[:1] if worst else drawn[-1:]"),
}


def engine(text: str) -> dict[str, Any]:
    """The program's names."""
    found: dict[str, Any] = {"__name__": "engine"}
    exec(compile(text, "recount.py", "exec", dont_inherit=True), found)  # noqa: S102  # our own text
    return found


def agrees(of: dict[str, Any]) -> bool:
    """Whether every method ends like its model in some hundreds of small elections with many ties."""
    chance = random.Random(7)
    return all(_same(of, chance, round_number) for round_number in range(400))


def _same(of: dict[str, Any], chance: random.Random, number: int) -> bool:
    plain = number % 2 == 0
    skew = 40 if plain else 1  # all topics alike, or the first ones liked more
    rankings = [
        [[t] for t in sorted(TOPICS, key=lambda t: chance.random() * (skew + TOPICS.index(t)))[: chance.randint(1, 4)]]
        for _ in range(chance.randint(3, 10 if plain else 24))
    ]
    weak = [[sorted(g[0] for g in r[:2]), *r[2:]] if chance.random() < 0.3 and len(r) > 1 else r for r in rankings]
    seats, seed = chance.randint(1, 3), str(number)

    def piled(ballots: Any) -> Any:
        return Counter(tuple(tuple(group) for group in ballot) for ballot in ballots)

    lot = of["Ties"](seed, "").order(TOPICS)
    stages = models.stv_by_the_statute(TOPICS, rankings, seats, lot)
    stv = of["count_stv"](TOPICS, piled(rankings), seats, of["Ties"](seed, ""))
    named = sorted({group[0] for ranking in rankings for group in ranking})
    irv = of["count_irv"](named, piled(rankings), of["Ties"](seed, ""))
    schulze = of["count_schulze"](TOPICS, of["pairwise"](TOPICS, piled(weak)), of["Ties"](seed, ""))
    scores = [{group[0]: 1 if plain else chance.randint(1, 3) for group in ranking[:3]} for ranking in rankings]
    scored = sorted({topic for score in scores for topic in score})
    costs = {topic: 1 if plain else chance.randint(1, 4) for topic in scored}
    budget = chance.randint(1, 4) if plain else chance.randint(4, 9)
    shares = of["count_equal_shares"](
        scored, Counter(tuple(sorted(s.items())) for s in scores),
        costs=costs, budget=budget, voters=len(scores), ties=of["Ties"](seed, ""),
    )  # fmt: skip
    bought, added, _ = models.equal_shares(scores, costs, budget, lot)
    return (
        [stage["credited"] for stage in stages] == [{t: Decimal(v) for t, v in s["tallies"].items()} for s in stv.steps]
        and stv.chosen == stages[-1]["elected"]
        and (*(step["out"] for step in irv.steps[1:]), *irv.chosen) in models.runoffs(named, rankings)
        and set(schulze.steps[1]["topics"]) == models.schulze_winners(TOPICS, weak)
        and shares.chosen == bought + added
    )


@pytest.fixture(scope="module")
def text() -> str:
    return program()


def test_engine_as_it_is_agrees_with_the_models(text: str) -> None:
    assert agrees(engine(text))


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_disagrees(name: str, text: str) -> None:
    old, new = MUTANTS[name]
    assert text.count(old) == 1, name
    try:
        assert not agrees(engine(text.replace(old, new)))
    except (IndexError, KeyError, ValueError, ZeroDivisionError, RecursionError):
        return  # it does not even run
