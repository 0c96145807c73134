"""The engine beside votelib, which others wrote (MIT): the published elections, and some hundreds of drawn ones."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from votelib import convert
from votelib.evaluate import core
from votelib.evaluate.condorcet import Schulze
from votelib.evaluate.sequential import TransferableVoteSelector

from tests.voting.methods import test_elections as published
from tests.voting.methods.elections import chosen, counted, ranked, rules
from tests.voting.methods.test_against_models import approvals, elections

TOPICS = "abcde"
RUNOFFS = TransferableVoteSelector(quota_function="droop")


def rankings(ballots: list[list[list[str]]]) -> Counter[Any]:
    return Counter(tuple(topic for (topic,) in ballot) for ballot in ballots)


def seated(ballots: list[list[list[str]]], seats: int) -> set[str]:
    """Whom votelib elects. It leaves ties to the caller: those are no case for comparing."""
    try:
        return set(RUNOFFS.evaluate(rankings(ballots), seats))
    except (NotImplementedError, core.VotingSystemError):
        assume(False)
        raise


@pytest.mark.parametrize(
    "ballots",
    [published.TENNESSEE, published.FORTY_FIVE, published.TWENTY_ONE, published.TWO_WINNERS, published.CYCLE,
     published.SQUEEZE, published.FRENCH],
)  # fmt: skip
def test_strongest_paths_of_the_published_elections_are_the_same(ballots: list[Any]) -> None:
    topics = sorted({topic for ballot in ballots for (topic,) in ballot})
    paths = counted(rules("schulze", topics), ballots)["steps"][0]["paths"]
    theirs = Schulze.widest_paths(convert.RankedToCondorcetVotes().convert(rankings(ballots)))
    assert {(a, b): paths[a][b] for a in topics for b in topics if a != b and paths[a][b]} == {
        pair: strength for pair, strength in theirs.items() if strength
    }


@given(elections)
@settings(max_examples=60, deadline=None)
def test_strongest_paths_are_the_same(ballots: list[Any]) -> None:
    named = sorted({topic for ballot in ballots for (topic,) in ballot})
    paths = counted(rules("schulze", TOPICS), ballots)["steps"][0]["paths"]
    theirs = Schulze.widest_paths(convert.RankedToCondorcetVotes().convert(rankings(ballots)))
    assert {(a, b): paths[a][b] for a in named for b in named if a != b and paths[a][b]} == {
        pair: strength for pair, strength in theirs.items() if strength
    }


@pytest.mark.parametrize(
    ("ballots", "seats"),
    [
        (published.TENNESSEE, 1), (published.SQUEEZE, 1), (published.FRENCH, 1),
        (ranked("39 abc", "35 bca", "26 cab"), 1), (ranked("49 abc", "25 bca", "26 cab"), 1),
        (ranked("40 o", "20 po", "80 cs", "40 cw", "10 s", "9 w"), 3),
        (ranked("1332 mkw", "767 mwk", "455 m", "2043 kmw", "371 kwm", "568 k", "1513 wmk", "495 wkm", "1289 w"), 1),
    ],
)  # fmt: skip
def test_the_same_are_seated_in_the_published_elections(ballots: list[Any], seats: int) -> None:
    topics = sorted({topic for ballot in ballots for (topic,) in ballot})
    ours = chosen("irv", topics, ballots) if seats == 1 else chosen("stv", topics, ballots, slots=seats)
    assert set(ours) == set(RUNOFFS.evaluate(rankings(ballots), seats))


@given(elections, st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_the_same_are_seated(ballots: list[Any], seats: int) -> None:
    theirs = seated(ballots, seats)
    found = counted(rules("stv", TOPICS, slots=seats), ballots)
    assume(not found["ties"])
    assert set(found["chosen"]) == theirs


@given(approvals, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_approvals_are_the_same(ballots: list[dict[str, int]], slots: int) -> None:
    votes = convert.ApprovalToSimpleVotes().convert(Counter(frozenset(ballot) for ballot in ballots))
    found = counted(rules("approval", TOPICS, slots=slots), [sorted(ballot) for ballot in ballots])
    assert {topic: had for topic, had in found["totals"]["support"].items() if had} == dict(votes)
    assume(not found["ties"] and len(votes) >= slots)
    assert set(found["chosen"]) == set(core.Plurality().evaluate(votes, slots))
