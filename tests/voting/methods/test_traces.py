"""A trace can be followed from the ballots by somebody else, and a trace with anything changed cannot."""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.voting.methods import checker
from tests.voting.methods.elections import counted, rules
from tests.voting.methods.test_against_models import elections, scores
from voting.methods.ties import Ties

TOPICS = "abcde"
few = settings(max_examples=50, deadline=None)


@given(elections)
@few
def test_trace_of_a_runoff_can_be_followed(ballots: list[list[list[str]]]) -> None:
    assert checker.wrong_in_runoff(ballots, counted(rules("irv", TOPICS), ballots)) is None


@given(elections, st.integers(1, 4))
@few
def test_trace_of_stv_can_be_followed(ballots: list[list[list[str]]], slots: int) -> None:
    assert checker.wrong_in_stv(ballots, slots, counted(rules("stv", TOPICS, slots=slots), ballots)) is None


@example([{"a": 1}, dict.fromkeys(TOPICS, 1), {"b": 1}], [1, 4, 1, 1, 2], 5)
@given(scores, st.lists(st.integers(1, 5), min_size=5, max_size=5), st.integers(5, 20))
@few
def test_trace_of_equal_shares_can_be_followed(ballots: list[dict[str, int]], prices: list[int], budget: int) -> None:
    costs = dict(zip(TOPICS, prices, strict=True))
    of = rules("equal_shares", TOPICS, ballot="points", total=25, budget=budget, costs=costs)
    assert checker.wrong_in_shares(ballots, costs, budget, counted(of, ballots)) is None


@given(elections)
@few
def test_trace_of_schulze_can_be_followed(ballots: list[list[list[str]]]) -> None:
    named = "".join(sorted({group[0] for ballot in ballots for group in ballot}))
    assert checker.wrong_in_schulze(ballots, named, counted(rules("schulze", TOPICS), ballots)) is None


def numbers(trace: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in the steps a tally, a payment or a strength stands."""
    if isinstance(trace, dict | list):
        items = trace.items() if isinstance(trace, dict) else enumerate(trace)
        return [where for key, value in items for where in numbers(value, (*path, key))]
    said = {"tallies", "paid", "pairwise", "paths", "left"} & set(path)
    return [path] if said and trace is not None and "payers" not in path[-1:] else []


RANKED = [[[t] for t in random.Random(n).sample(TOPICS, 4)] for n in range(41)]
SCORED = [{group[0]: 1 + n % 2 for group in ballot[:3]} for n, ballot in enumerate(RANKED)]


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("irv", lambda found: checker.wrong_in_runoff(RANKED, found)),
        ("stv", lambda found: checker.wrong_in_stv(RANKED, 2, found)),
        ("schulze", lambda found: checker.wrong_in_schulze(RANKED, TOPICS, found)),
        ("equal_shares", lambda found: checker.wrong_in_shares(SCORED, dict.fromkeys(TOPICS, 1), 2, found)),
    ],
)
def test_any_changed_number_of_a_trace_is_noticed(method: str, wrong: Any) -> None:
    slots = {} if method in {"irv", "schulze"} else {"slots": 2}
    more = {"ballot": "points"} if method == "equal_shares" else {}
    found = counted(rules(method, TOPICS, **slots, **more), SCORED if more else RANKED)
    assert wrong(found) is None
    places = numbers(found["steps"])
    if method == "equal_shares":  # a payer's own rest is for reading; the checker works it out
        places = [where for where in places if where[-1] == "paid" or where[1:] == ("left",)]
    assert len(places) > 5
    for where in places:
        changed = copy.deepcopy(found)
        at = changed["steps"]
        for key in where[:-1]:
            at = at[key]
        at[where[-1]] = at[where[-1]] + 1 if isinstance(at[where[-1]], int) else "7" + at[where[-1]]
        assert wrong(changed), where


@pytest.mark.parametrize("method", ["irv", "stv", "schulze", "equal_shares", "approval", "points"])
def test_trace_is_plain_json(method: str) -> None:
    of = rules(method, TOPICS)
    ballots: dict[str, Any] = {"ranking": RANKED, "points": SCORED, "approval": [sorted(score) for score in SCORED]}
    found = counted(of, ballots[of.ballot])
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_lot_is_what_anybody_can_work_out_with_sha256() -> None:
    """`printf 'seed\\ndigest\\na' | sha256sum`"""
    ties = Ties("seed", "digest")
    assert ties.lot("a") == "304cedec8f9b7245fdb53ca1d01257378b1e69a0459c9ef7ba509ddadf711d5b"
    order = ties.order("abc")
    assert ties.best(1, "x", "abc") == order[0]
    assert ties.worst(1, "x", "abc") == order[-1]
    assert [entry["by"] for entry in ties.log] == ["lot", "lot"]
    assert ties.best(1, "x", "a") == "a"
    assert len(ties.log) == 2


def test_own_rules_come_before_the_lot() -> None:
    ties = Ties("seed", "digest")
    assert ties.best(1, "x", "abc", ("first", {"a": 1, "b": 2, "c": 2}), ("second", {"b": 1, "c": 3})) == "c"
    assert ties.worst(1, "x", "abc", ("first", {"a": 2, "b": 1, "c": 1}), ("second", {"b": 1, "c": 3})) == "b"
    assert [(entry["by"], entry["taken"]) for entry in ties.log] == [("second", "c"), ("second", "b")]
    assert "lot" not in ties.log[0]


def test_lot_favours_nobody() -> None:
    """Of 3,000 seeds each of three topics wins about a thousand; six standard deviations are 155."""
    wins = [Ties(str(seed), "d").order("abc")[0] for seed in range(3000)]
    assert all(abs(wins.count(topic) - 1000) < 155 for topic in "abc")
