"""Ballots are mixed while others cast, change, merge, close and mix: none is lost or doubled, and nothing hangs."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, transaction

from members.models import Patron
from people import merge
from people.models import Merge
from tests.conftest import WorldDatabase
from tests.people.test_merge_races import at_once, wait_until_somebody_waits
from tests.voting import world
from tests.voting.test_closing_faults import holds
from tests.voting.test_mixing import joined, kept, places, polled, truth
from voting import ballots, mixing
from voting.models import OpenBallot, Round

pytestmark = pytest.mark.database


def beside(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """What both answer: the second begins when the first is done, and the first is committed when the second waits."""
    is_done, may_end = Event(), Event()

    def begin() -> Any:
        with transaction.atomic():
            answer = first()
            is_done.set()
            assert may_end.wait(30)
        return answer

    def follow() -> Any:
        assert is_done.wait(30)
        return second()

    def watch() -> None:
        assert is_done.wait(30)
        wait_until_somebody_waits()
        may_end.set()

    *said, watched = at_once(begin, follow, watch)
    assert watched is None, watched
    return said


# As if a ballot were read, and written anew as it was read.
AS_READ = """
    WITH seen AS MATERIALIZED (SELECT * FROM voting_openballot WHERE round_id = %s),
    taken AS (DELETE FROM voting_openballot USING seen WHERE voting_openballot.key = seen.key RETURNING seen.key)
    INSERT INTO voting_openballot (id, round_id, key, line, sealed_moment)
    SELECT id, round_id, key, line, sealed_moment FROM seen WHERE key IN (SELECT key FROM taken) ORDER BY id
"""


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_ballot_that_is_being_changed_is_mixed_as_changed(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """The control: what was read before it was changed would be put back."""
    of, voters, said = polled(3)
    if not is_kept:
        monkeypatch.setattr(mixing, "MIX", AS_READ)
    said[voters[0].pk] = ["rivers"]
    ballots.cast(of, voters[0], choices=["rivers"])
    receipt, mixed = beside(lambda: ballots.cast(of, voters[0], choices=["mining"]), mixing.mix_due)
    assert receipt.is_change, receipt
    assert mixed == 1
    assert ballots.choices_of(of, voters[0]) == (["mining"] if is_kept else ["rivers"])
    assert {voter.pk: ballots.choices_of(of, voter) for voter in voters[1:]} == {
        voter.pk: said[voter.pk] for voter in voters[1:]
    }
    assert OpenBallot.objects.count() == 3
    assert joined() == {}


# As if a change did not look for the ballot again.
ONLY_CHANGE = """
    WITH said (id, round_id, key, line, sealed) AS (VALUES (%s::uuid, %s::bigint, %s::text, %s::text, %s::bytea))
    UPDATE voting_openballot SET line = said.line, sealed_moment = sealed
    FROM said WHERE voting_openballot.round_id = said.round_id AND voting_openballot.key = said.key
"""


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_ballot_that_is_changed_while_it_is_mixed_stays_changed(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, is_kept: bool
) -> None:
    """The control: a plain update finds the row gone, changes nothing and says nothing of it."""
    of, voters, _said = polled(3)
    ballots.cast(of, voters[0], choices=["rivers"])
    if not is_kept:
        monkeypatch.setattr(ballots, "PUT", ONLY_CHANGE)
    mixed, receipt = beside(mixing.mix_due, lambda: ballots.cast(of, voters[0], choices=["mining"]))
    assert mixed == 1
    assert receipt.is_change, receipt
    assert ballots.choices_of(of, voters[0]) == (["mining"] if is_kept else ["rivers"])
    assert OpenBallot.objects.count() == 3
    holds()


def test_a_first_ballot_does_not_wait_for_the_mixing(world_db: WorldDatabase) -> None:
    of, _voters, _said = polled(3)
    late = world.member("late@example.org")
    with transaction.atomic():
        assert mixing.mix_due() == 1
        [receipt] = at_once(lambda: ballots.cast(of, late, choices=["mining"]))
        assert not receipt.is_change, receipt
    assert joined() == truth(of, [late])
    holds()


@pytest.mark.parametrize("holds_round", [True, False])
def test_two_records_are_merged_after_the_mixing_and_the_ballot_goes_over(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, holds_round: bool
) -> None:
    """The control: were the round not held, the two would meet crosswise, and the database would end one of them."""
    of, voters, said = polled(3)
    kept_one, staff = world.member("kept@example.org"), Patron.objects.create(email="help@example.org", role="support")
    if not holds_round:
        monkeypatch.setattr(mixing, "HOLD", mixing.HOLD.replace("FOR SHARE SKIP LOCKED", ""))
    mixed, done = beside(mixing.mix_due, lambda: merge.merge(kept_one, voters[0], reason="one person", actor=staff))
    if holds_round:
        assert mixed == 1
        assert isinstance(done, Merge), done
        assert ballots.choices_of(of, kept_one) == said[voters[0].pk]
    else:
        assert [isinstance(one, OperationalError) for one in (mixed, done)].count(True) == 1
    assert OpenBallot.objects.count() == 3


@pytest.mark.parametrize("skips", [True, False])
def test_a_round_that_somebody_has_alone_is_left_for_the_next_time(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, skips: bool
) -> None:
    """As a close has it, or a merge. The control: the mixing would wait."""
    of, _voters, _said = polled(3)
    alone = Round.objects.select_for_update().filter(pk=of.pk)
    if skips:
        before = places()
        with transaction.atomic():
            assert alone.get() == of
            assert at_once(mixing.mix_due) == [0]
        assert places() == before
        assert mixing.mix_due() == 1
    else:
        monkeypatch.setattr(mixing, "HOLD", mixing.HOLD.replace("SKIP LOCKED", ""))
        assert beside(alone.get, mixing.mix_due) == [of, 1]


@pytest.mark.parametrize("are_apart", [True, False])
def test_of_two_at_once_one_mixes_and_the_other_does_not_wait(
    world_db: WorldDatabase, monkeypatch: pytest.MonkeyPatch, *, are_apart: bool
) -> None:
    """The control: the second would wait for the rows of the first."""
    polled(3)
    before = kept()
    if are_apart:
        with transaction.atomic():
            assert mixing.mix_due() == 1
            assert at_once(mixing.mix_due) == [0]
    else:
        held = "pg_try_advisory_xact_lock(hashtextextended('voting.mixing', id))"
        monkeypatch.setattr(mixing, "HOLD", mixing.HOLD.replace(held, "true"))
        assert beside(mixing.mix_due, mixing.mix_due) == [1, 1]
    assert kept() == before
