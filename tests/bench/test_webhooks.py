"""One small round of bench/webhooks."""

import os

from bench import applying, door


def test_door_stores_each_event_once_and_no_forged_one() -> None:
    seen = door.measure(rounds=1, events=16, name=f"bench_door_{os.getpid()}")
    assert seen.duplicates == {200: 16}
    assert seen.forged == {400: 50}
    assert seen.rows_more == 0
    assert "ours to bare: median" in door.report(seen)


def test_joins_are_applied_to_the_cent() -> None:
    joins = 3
    seen = applying.measure(joins, name=f"bench_applying_{os.getpid()}")
    assert seen.wrong == []
    assert seen.settled == {
        "payment": joins * applying.AMOUNT, "fee": -joins * applying.FEE, "refund": 0, "dispute": 0, "adjustment": 0,
        "payout": 0, "balance": joins * (applying.AMOUNT - applying.FEE),
    }  # fmt: skip
    assert seen.active == joins
    assert (seen.inbox["pending"], seen.inbox["waiting"], seen.inbox["dead"]) == (0, 0, 0)
    assert "right to the cent" in applying.report(seen)
