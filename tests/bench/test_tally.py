"""One small round of bench/tally."""

import pytest

from bench import tally

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", tally.CASES)
def test_every_method_is_counted_from_the_rows_and_votelib_agrees(method: str) -> None:
    kind, most, total, others = tally.CASES[method]
    held = tally.fill(kind, most, total, ballots=400)
    own = tally.one(method, tally.OURS, held)
    assert len(own.chosen) == (1 if method in {"schulze", "irv"} else 4)
    assert 0 < own.different <= 400
    assert "different ballots" in tally.report(method, 400, tally.OURS, own, None)
    if "votelib" in others and method in {"approval", "schulze"}:  # its transferable votes stumble over small ties
        other = tally.one(method, "votelib", held)
        assert other.chosen == own.chosen
        assert "the same winners" in tally.report(method, 400, "votelib", other, own)
