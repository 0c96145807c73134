"""One small round of bench/ballots."""

from bench import ballots
from tests.conftest import WorldDatabase


def test_every_ballot_is_cast_and_everybody_has_one(world_db: WorldDatabase) -> None:
    seen = ballots.measure(rounds=1, ballots=20, voters=10, database=world_db.url)
    assert seen.ballots == 10
    assert len(seen.ratios) == 1
    assert "ratio" in ballots.report(seen)
