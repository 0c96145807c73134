"""Few ballots can be guessed. No guess can be checked by what is published where ballots are not."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement
from typing import Any

import pytest

from tests.voting.methods.elections import closing, rules
from voting.methods.ballots import Cast, ballot_line, ballot_text, read_ballots
from voting.methods.bundle import published_result, result_text
from voting.methods.canonical import digest
from voting.methods.counting import Closing, count

TOPICS = "abc"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
KINDS = [list(choices) for size in range(4) for choices in combinations(TOPICS, size)]
SECRET = [["a"], ["a", "b"], ["a"], ["c"], ["a", "c"], ["b"]]
MANY = [*SECRET, *([["a"]] * 9)]


def sealed(ballots: list[list[str]]) -> Cast:
    """These ballots with a code each."""
    of = rules("approval", TOPICS)
    made = (
        ballot_line(of, choices, code=f"{'Q' * 14}{LETTERS[at // 26]}{LETTERS[at % 26]}")
        for at, choices in enumerate(ballots)
    )
    return read_ballots(of, ballot_text(made).splitlines(keepends=True))


def guesses(published: dict[str, Any], closed: Closing, known: list[list[str]]) -> Iterator[Cast]:
    """Every set of ballots that may lie behind what is published, but for those that are `known`."""
    for guess in combinations_with_replacement(KINDS, closed.ballots - len(known)):
        piles = Counter(tuple((topic, 1) for topic in choices) for choices in [*known, *guess] if choices)
        if sum(piles.values()) == closed.counted:
            yield Cast(closed.ballot_digest, closed.ballots, closed.blank, piles, piles, published.get("blind", ""))


def found_out(published: dict[str, Any], closed: Closing, known: list[list[str]]) -> bool:
    """Whether some guess has the digest of the result."""
    of = rules("approval", TOPICS)
    return any(
        digest(result_text(count(of, closed, guess))) == published["result_digest"]
        for guess in guesses(published, closed, known)
    )


@pytest.mark.parametrize(("ballots", "level", "known"), [(SECRET, "winners", 0), (MANY, "totals", 9)])
def test_digest_of_the_result_confirms_no_guess(ballots: list[list[str]], level: str, known: int) -> None:
    of, cast = rules("approval", TOPICS), sealed(ballots)
    closed = closing(cast)
    whole = count(of, closed, cast)
    published = published_result(of, closed, whole)
    assert (published["published"], "blind" in published) == (level, False)
    told = ballots[len(ballots) - known :] if known else []
    assert not found_out(published, closed, told)
    # With the blind known the same guessing succeeds: nothing else keeps the secret.
    assert found_out({**published, "blind": whole["blind"]}, closed, told)


def test_blind_is_told_only_with_the_ballots_and_hangs_on_every_code() -> None:
    of = rules("approval", TOPICS)
    cast = sealed(SECRET * 9)
    whole = count(of, closing(cast), cast)
    assert published_result(of, closing(cast), whole) == whole
    again = read_ballots(of, [ballot_line(of, ["a"], code="A" * 16) + "\n"])
    other = read_ballots(of, [ballot_line(of, ["a"], code="A" * 15 + "B") + "\n"])
    assert len({whole["blind"], again.blind, other.blind, again.digest, other.digest}) == 5
