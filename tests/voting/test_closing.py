"""The close: what is sealed, what is voided, what is destroyed, and that the numbers add up."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from members import memberships
from members.models import Membership, Patron
from newsroom import clock
from tests.voting import world
from voting import ballots, closing, rounds
from voting.methods.canonical import read_json
from voting.models import Ballot, OpenBallot, Result, RollEntry, Round

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def numbers(of: Round) -> dict[str, object]:
    found: dict[str, object] = read_json(of.results.latest("version").text, "the result")["numbers"]
    return found


def give_back(patron: Patron, **said: Any) -> None:
    memberships.follow(Membership.objects.get(patron=patron), world.facts(forfeited_at=clock.now(), **said))


def test_the_close_seals_sorted_ballots_and_destroys_the_key():
    with connection.cursor() as cursor:  # room that earlier rows left would be filled first, and out of order
        cursor.execute("CLUSTER voting_ballot USING voting_ballot_pkey")
    voters = world.members(12)
    opened = world.opened()
    for number, voter in enumerate(voters):
        ballots.cast(opened, voter, choices=[["rivers"], ["roads"], ["schools"], []][number % 4])
    world.close(opened)
    assert opened.nonce == ""
    assert not OpenBallot.objects.exists()
    lines = [row.line for row in Ballot.objects.raw("SELECT * FROM voting_ballot ORDER BY ctid")]
    assert lines == sorted(lines)
    assert numbers(opened) == {"roll": 12, "voted": 12, "counted": 9, "blank": 3, "voided": {}}


def test_a_payment_taken_back_before_the_close_voids_the_ballot_and_after_it_changes_nothing():
    early, late, staying = (world.member(f"{name}@example.org") for name in ("early", "late", "staying"))
    opened = world.opened()
    for who in (early, late, staying):
        ballots.cast(opened, who, choices=["rivers"])
    give_back(early)
    clock.move(opened.closes_at - clock.now() + timedelta(seconds=5))
    give_back(late, paid=opened.opens_at - 10 * world.DAY)
    rounds.close_due()
    rounds.count_due()
    assert RollEntry.objects.get(patron=early).void_reason == "refunded"
    assert numbers(opened) == {"roll": 3, "voted": 3, "counted": 2, "blank": 0, "voided": {"refunded": 1}}
    assert opened.log.get(kind="voided").facts == {"reason": "refunded", "ballots": 1}


def test_another_payment_stands_in_for_one_that_was_taken_back():
    voter = world.member()
    opened = world.opened()
    ballots.cast(opened, voter, choices=["rivers"])
    give_back(voter, ended_at=clock.now(), end_reason="disputed")
    memberships.start(voter, world.facts(paid=clock.now()))
    world.close(opened)
    assert numbers(opened)["voided"] == {}


def test_nobody_voted():
    opened = world.opened()
    world.close(opened)
    assert numbers(opened) == {"roll": 0, "voted": 0, "counted": 0, "blank": 0, "voided": {}}
    assert read_json(Result.objects.get().text, "it")["count"]["chosen"] == []
    assert set(opened.entries.values_list("topic__state", flat=True)) == {"not_chosen"}


def test_only_blank_ballots():
    voters = world.members(2)
    opened = world.opened()
    for voter in voters:
        ballots.cast(opened, voter, choices=[])
    world.close(opened)
    assert numbers(opened) == {"roll": 2, "voted": 2, "counted": 0, "blank": 2, "voided": {}}
    assert read_json(Result.objects.get().text, "it")["count"]["chosen"] == []


def test_fewer_approved_topics_than_slots():
    voter = world.member()
    opened = world.opened(slots=3)
    ballots.cast(opened, voter, choices=["rivers"])
    world.close(opened)
    assert read_json(Result.objects.get().text, "it")["count"]["chosen"] == ["rivers"]


def test_two_beats_close_and_count_once():
    opened = world.opened()
    clock.move(opened.closes_at - clock.now())
    assert (closing.close(opened), closing.close(opened)) == (True, False)
    assert closing.count(opened) == closing.count(opened)
    assert Result.objects.count() == 1
    assert [entry.kind for entry in opened.log.all()].count("closed") == 1


def test_a_recount_is_a_new_version_beside_the_old():
    voter = world.member()
    opened = world.opened()
    ballots.cast(opened, voter, choices=["rivers"])
    world.close(opened)
    rounds.count_again(opened, reason="A reader asked.", actor=None)
    assert rounds.count_due() == 1
    again = opened.results.get(version=2)
    assert closing.count(opened, reason="A reader asked.") == again  # another worker was quicker
    assert (again.version, again.reason) == (2, "A reader asked.")
    first = opened.results.get(version=1)
    assert first.text == again.text
    assert opened.log.filter(kind="counted").latest("number").facts["reason"] == "A reader asked."
