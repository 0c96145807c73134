"""Granted memberships: given without money until a day, told by letter, and apart from those who give."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import StaffAction
from letters.models import Letter
from members import grants, memberships, privacy
from members.grants import Grant
from members.models import GrantedMembership, GrantKind, Membership, Patron, Standing
from newsroom import clock
from reports import rollups
from reports.figures import monthly, months, persons
from tests.signing_in import at_once, patron
from tests.voting import world
from voting import eligibility
from voting.eligibility import Reason


@pytest.fixture
def eve(db: None) -> Patron:
    return patron("eve@newsroom.example", "support", second_factor=True)


@pytest.fixture
def given(eve: Patron) -> Membership:
    """A membership in solidarity for nine more days."""
    olena = Patron.objects.create(email="olena@example.org")
    return grants.give(olena, Grant(GrantKind.SOLIDARITY, clock.today() + timedelta(9), "She asked."), actor=eve)


def test_it_is_a_membership_that_brings_nothing_and_carries_no_vote(given: Membership) -> None:
    assert given.standing(clock.today(), 14) == Standing.ACTIVE
    assert eligibility.verdict(world.opened(), given.patron).reason == Reason.GRANTED
    rollups.rebuild(with_own=True)
    assert monthly.steps(months.this()) == {}
    assert persons.crowds(months.this())[0][-1].closing == 0
    assert persons.apart() == {"solidarity": 1}
    [letter] = Letter.objects.filter(to="olena@example.org")
    assert (letter.occasion, "nothing is ever charged" in letter.text) == ("granted", True)
    link = StaffAction.objects.get(action="membership.grant")
    assert link.facts["kind"] == "solidarity"
    assert "She asked" not in f"{link.facts} {link.reason}"


def test_it_ends_after_its_day_without_grace_and_once(given: Membership) -> None:
    assert given.standing(clock.today() + timedelta(10), 14) == Standing.ENDED
    assert grants.end_due() == 0
    clock.move(timedelta(days=10))
    assert (grants.end_due(), grants.end_due()) == (1, 0)
    given.refresh_from_db()
    assert given.end_reason == "expired"
    assert given.ended_at
    assert clock.day(given.ended_at) == given.paid_through + timedelta(days=1)


def test_a_second_is_refused_until_the_first_is_ended_which_is_told(given: Membership, eve: Patron) -> None:
    again = Grant(GrantKind.COMPLIMENTARY, clock.today(), "A colleague.")
    with pytest.raises(grants.AlreadyGranted):
        grants.give(given.patron, again, actor=eve)
    assert grants.end(given.patron, actor=eve)
    assert not grants.end(given.patron, actor=eve)
    assert Letter.objects.filter(occasion="grant_ended").count() == 1
    grants.give(given.patron, again, actor=eve)


def test_who_pays_beside_it_votes(given: Membership) -> None:
    memberships.start(given.patron, world.facts())
    assert eligibility.verdict(world.opened(), given.patron).is_eligible


def test_its_reason_is_given_on_demand_and_forgotten(given: Membership) -> None:
    assert [row.reason for row in privacy.rows(given.patron)["granted_memberships"]] == ["She asked."]
    privacy.erase(given.patron, clock.now())
    assert GrantedMembership.objects.get().reason == "–"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({}, "Given. They are told by letter."),
        ({"last_on": "2001-01-01"}, "the next five years"),
        ({"last_on": "9999-12-31"}, "the next five years"),
        ({"reason": ""}, "required"),
        ({"kind": "royal"}, "royal"),
    ],
)
def test_support_gives_it_on_the_page_of_a_person(eve: Patron, said: dict[str, str], answer: str) -> None:
    taras, browser = Patron.objects.create(email="taras@example.org"), at_once(eve)
    form = {"kind": "complimentary", "last_on": f"{clock.today()}", "reason": "Spoke at the festival."} | said
    browser.post(f"/reports/patrons/{taras.pk}/membership/", form)
    page = browser.get(f"/reports/patrons/{taras.pk}/").content.decode()
    assert answer in page
    assert ("complimentary: Spoke at the festival." in page) is not bool(said)
    browser.post(f"/reports/patrons/{taras.pk}/membership/", {"end": "yes"})
    assert not Membership.objects.live().exists()


@pytest.mark.database
def test_the_database_refuses_money_in_it_and_two_at_once(given: Membership) -> None:
    for wrong in ({"amount_minor": 500}, {"monthly_minor": 500}, {"first_paid_at": clock.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(pk=given.pk).update(**wrong)
    row = Membership.objects.values().get(pk=given.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(**(row | {"id": None}))
    for column, value in (("reason", ""), ("kind", "royal")):
        with pytest.raises(IntegrityError), transaction.atomic():
            GrantedMembership.objects.update(**{column: value})
