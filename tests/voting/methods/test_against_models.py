"""The engine agrees with models of each method that are written differently (models.py)."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.methods import models
from tests.voting.methods.elections import piles, rules
from voting.methods.approval import sums
from voting.methods.counting import add_up
from voting.methods.equal_shares import EqualShares, Purses, count_equal_shares
from voting.methods.irv import count_irv
from voting.methods.outcome import Outcome
from voting.methods.schulze import count_schulze, pairwise
from voting.methods.stv import count_stv
from voting.methods.ties import Ties

TOPICS = "abcde"
orders = st.permutations(TOPICS).flatmap(lambda order: st.integers(1, 5).map(lambda n: [[one] for one in order[:n]]))
elections = st.lists(orders, min_size=1, max_size=30)
seeds = st.text("0123456789abcdef", min_size=1, max_size=4)


@st.composite
def weak_orders(draw: st.DrawFn) -> list[list[str]]:
    """A ranking in which ranks may be shared."""
    groups: list[list[str]] = []
    for (topic,) in draw(orders):
        shared: bool = draw(st.booleans())
        if groups and shared:
            groups[-1].append(topic)
        else:
            groups.append([topic])
    return groups


approvals = st.lists(
    st.sets(st.sampled_from(TOPICS), min_size=1).map(lambda s: dict.fromkeys(s, 1)), min_size=1, max_size=14
)
scores = st.lists(st.dictionaries(st.sampled_from(TOPICS), st.integers(1, 5), min_size=1), min_size=1, max_size=12)


def scored(ballots: list[dict[str, int]]) -> Counter[Any]:
    return Counter(tuple(sorted(ballot.items())) for ballot in ballots)


@given(st.lists(weak_orders(), min_size=1, max_size=12), seeds)
@settings(max_examples=60, deadline=None)
def test_schulze_is_what_walking_every_path_finds(ballots: list[list[list[str]]], seed: str) -> None:
    found = count_schulze(TOPICS, pairwise(TOPICS, piles(ballots)), Ties(seed, ""))
    winners = models.schulze_winners(TOPICS, ballots)
    assert set(found.steps[1]["topics"]) == winners
    assert found.chosen[0] in winners


@given(st.lists(weak_orders(), max_size=12))
@settings(max_examples=60, deadline=None)
def test_pairwise_matrix_is_what_reading_each_ballot_finds(ballots: list[list[list[str]]]) -> None:
    found = pairwise(TOPICS, piles(ballots))
    assert found == {
        a: {b: sum(models.prefers(ballot, a, b) for ballot in ballots) for b in TOPICS if a != b} for a in TOPICS
    }


@given(elections, seeds)
@settings(max_examples=100, deadline=None)
def test_runoff_ends_where_some_way_of_breaking_its_ties_ends(ballots: list[list[list[str]]], seed: str) -> None:
    named = sorted({group[0] for ballot in ballots for group in ballot})
    endings = models.runoffs(named, ballots)
    ties = Ties(seed, "")
    found = count_irv(named, piles(ballots), ties)
    ending = (*(step["out"] for step in found.steps[1:]), *found.chosen)
    assert ending in endings
    if all(tie["by"] != "lot" for tie in ties.log):
        assert endings == {ending}


@given(elections, st.integers(1, 4), seeds)
@settings(max_examples=150, deadline=None)
def test_stv_is_what_the_statute_says_at_every_stage(ballots: list[list[list[str]]], seats: int, seed: str) -> None:
    ties = Ties(seed, "")
    stages = models.stv_by_the_statute(TOPICS, ballots, seats, ties.order(TOPICS))
    found = count_stv(TOPICS, piles(ballots), seats, ties)
    assert [{t: Decimal(v) for t, v in step["tallies"].items()} for step in found.steps] == [
        stage["credited"] for stage in stages
    ]
    assert found.chosen == stages[-1]["elected"]
    away = [Decimal(step["exhausted"]) + Decimal(step["lost"]) for step in found.steps]
    assert away == [stage["away"] for stage in stages]


@given(scores, st.lists(st.integers(1, 9), min_size=5, max_size=5), st.integers(1, 20), seeds)
@settings(max_examples=120, deadline=None)
def test_equal_shares_is_what_purses_and_a_clock_find(
    ballots: list[dict[str, int]], prices: list[int], budget: int, seed: str
) -> None:
    ties = Ties(seed, "")
    costs = dict(zip(TOPICS, prices, strict=True))
    named = [t for t in TOPICS if costs[t] <= budget and any(t in ballot for ballot in ballots)]
    kept = [{t: p for t, p in ballot.items() if t in named} for ballot in ballots]
    bought, added, left = models.equal_shares(kept, {t: costs[t] for t in named}, budget, ties.order(TOPICS))
    found = count_equal_shares(named, scored(kept), costs=costs, budget=budget, voters=len(kept), ties=ties)
    kinds = {kind: [s["topic"] for s in found.steps if s["kind"] == kind] for kind in ("purchase", "completion")}
    assert kinds == {"purchase": bought, "completion": added}
    assert found.chosen == bought + added
    assert sum(left) == budget - sum(costs[topic] for topic in bought)


@given(approvals, st.integers(1, 5), seeds)
@settings(max_examples=100, deadline=None)
def test_completion_alone_is_phragmen_by_loads(ballots: list[dict[str, int]], slots: int, seed: str) -> None:
    """With empty purses nothing is bought, so the clock runs from the start."""
    ties = Ties(seed, "")
    named = sorted({topic for ballot in ballots for topic in ballot})
    all_piles = scored(ballots)
    purses = Purses(all_piles, Fraction(0), named)
    of = EqualShares(list(named), dict.fromkeys(named, 1), slots, purses, sums(all_piles), ties, Outcome())
    of.buy()
    of.complete()
    assert of.found.chosen == models.phragmen_by_loads(ballots, slots, ties.order(TOPICS))
    # Named in the order in which the clock would have reached them with more slots.
    assert of.found.chosen + of.found.reserve == models.phragmen_by_loads(ballots, 5, ties.order(TOPICS))


@given(scores)
def test_points_are_summed(ballots: list[dict[str, int]]) -> None:
    found = add_up(TOPICS, scored(ballots), ranked=False)
    assert found.points == {topic: sum(ballot.get(topic, 0) for ballot in ballots) for topic in TOPICS}
    assert found.support == {topic: sum(topic in ballot for ballot in ballots) for topic in TOPICS}
    assert rules("points", TOPICS).choices == tuple(TOPICS)
