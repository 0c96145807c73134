"""When a ballot was cast: sealed beside it, for whoever holds the round's key alone, and gone at the close."""

from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from newsroom import clock
from tests.voting import world
from voting import ballots, secrecy
from voting.models import OpenBallot, Round
from voting.secrecy import EPOCH, moment_of, seal_moment

pytestmark = pytest.mark.django_db

ONE, OTHER = secrecy.round_key("one"), secrecy.round_key("other")
# What there is to read of who voted and of what was voted.
COLUMNS = {
    "voting_rollentry": {"id", "round_id", "patron_id", "reason", "weight", "has_cast", "void_reason"},
    "voting_openballot": {"id", "round_id", "key", "line", "sealed_moment"},
    "voting_ballot": {"id", "round_id", "line"},
}


def key_of(of: Round) -> bytes:
    key = secrecy.key_of(of)
    assert key
    return key


def sealed_beside(row: OpenBallot) -> bytes:
    assert row.sealed_moment is not None
    return bytes(row.sealed_moment)


def test_a_moment_is_another_text_of_one_length_each_time_and_opens_to_the_microsecond():
    now = clock.now()
    moments = [EPOCH, now, now + timedelta(microseconds=1), now + timedelta(days=36500)]
    sealed = [(moment, seal_moment(ONE, "a place", moment)) for moment in moments for _again in range(50)]
    assert len({one for _moment, one in sealed}) == len({one[:12] for _moment, one in sealed}) == 200
    assert {len(one) for _moment, one in sealed} == {36}
    assert [moment_of(ONE, "a place", one) for _moment, one in sealed] == [moment for moment, _one in sealed]
    assert moment_of(ONE, "a place", None) == EPOCH


def test_without_the_rounds_key_or_beside_another_ballot_it_does_not_open():
    sealed = seal_moment(ONE, "a place", clock.now())
    changed = sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]
    for key, place, what in ((OTHER, "a place", sealed), (ONE, "another", sealed), (ONE, "a place", changed)):
        with pytest.raises(InvalidTag):
            moment_of(key, place, what)


def test_beside_a_ballot_lies_when_it_was_cast_or_last_changed():
    voter, of = world.member(), world.opened()
    found = []
    for _again in range(2):
        clock.move(timedelta(hours=1))
        before = clock.now()
        ballots.cast(of, voter, choices=["rivers"])
        row = OpenBallot.objects.get()
        assert before <= moment_of(key_of(of), row.key, sealed_beside(row)) <= clock.now()
        found.append(sealed_beside(row))
    assert found[0] != found[1]


def test_who_was_put_on_the_roll_by_casting_has_a_moment_too():
    of = world.opened()
    clock.move(timedelta(hours=1))
    before = clock.now()
    ballots.cast(of, world.member(paid=before), choices=["rivers"])
    row = OpenBallot.objects.get()
    assert before <= moment_of(key_of(of), row.key, sealed_beside(row)) <= clock.now()


def test_the_sealed_moments_are_in_no_order_of_casting():
    """Of thirty numbers that are drawn, the chance to be in order is one in 30!."""
    of = world.opened()
    sealed = []
    for voter in world.members(30):
        ballots.cast(of, voter, choices=["rivers"])
        row = OpenBallot.objects.get(key=secrecy.ballot_key(key_of(of), voter.pk))
        sealed.append(sealed_beside(row))
    for part in (slice(None), slice(12, None), slice(-16, None)):
        seen = [one[part] for one in sealed]
        assert seen not in (sorted(seen), sorted(seen, reverse=True))


def test_no_column_of_rolls_and_ballots_is_a_time_or_a_number_in_sequence():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name = ANY(%s)",
            [list(COLUMNS)],
        )
        found = cursor.fetchall()
    assert {table: {name for of, name, _kind in found if of == table} for table in COLUMNS} == COLUMNS
    numbers = {(table, name) for table, name, kind in found if kind not in {"uuid", "text", "bytea", "boolean"}}
    assert numbers == {
        ("voting_rollentry", "round_id"), ("voting_rollentry", "patron_id"), ("voting_rollentry", "weight"),
        ("voting_rollentry", "reason"), ("voting_rollentry", "void_reason"),
        ("voting_openballot", "round_id"), ("voting_openballot", "key"), ("voting_ballot", "round_id"),
    }  # fmt: skip


def test_the_close_leaves_no_moment():
    voter, of = world.member(), world.opened()
    ballots.cast(of, voter, choices=["rivers"])
    world.close(of)
    assert (of.nonce, OpenBallot.objects.count()) == ("", 0)
