"""One small round of bench/enumeration."""

import os

import pytest

from bench import enumeration


def test_every_request_is_answered_and_writes_one_letter() -> None:
    seen = enumeration.measure(requests=20, seconds=60, name=f"bench_enumeration_{os.getpid()}")
    assert seen.statuses == {302: 20}
    assert len(seen.known) == len(seen.unknown) == 10
    assert seen.letters == {"sign_in_code": 10 + enumeration.WARM // 2, "unknown_address": 10 + enumeration.WARM // 2}
    assert "AUC" in enumeration.report(seen)


@pytest.mark.parametrize(
    ("known", "unknown", "auc"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.5),
        ([3.0, 4.0], [1.0, 2.0], 1.0),
        ([1.0, 2.0], [3.0, 4.0], 0.0),
        ([1.0, 4.0], [2.0, 3.0], 0.5),
    ],
)
def test_the_classifier_knows_a_coin_from_a_tell(known: list[float], unknown: list[float], auc: float) -> None:
    assert enumeration.Measured(known=known, unknown=unknown).auc == auc
