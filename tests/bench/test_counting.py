"""One small round of bench/counting."""

from bench import counting


def test_every_method_is_measured_against_the_same_bare_pass() -> None:
    seen = counting.measure(60, repeats=1)
    assert [one.name for one in seen] == [case[0] for case in counting.CASES]
    assert all(one.ballots == 60 and one.ours > 0 for one in seen)
    assert counting.report(seen).count("ratio") == len(counting.CASES)
