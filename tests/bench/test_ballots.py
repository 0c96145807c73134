"""One small round of bench/ballots."""

import os

import pytest

from bench import ballots

pytestmark = pytest.mark.database


def test_every_ballot_is_cast_and_everybody_has_one() -> None:
    seen = ballots.measure(rounds=1, ballots=20, voters=10, name=f"bench_ballots_{os.getpid()}")
    assert seen.ballots == 10
    assert len(seen.ratios) == 1
    assert "ratio" in ballots.report(seen)
