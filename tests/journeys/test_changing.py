"""A patron gives more, or less, pauses, goes on; by the product's verbs and from Stripe's dashboard."""

from datetime import timedelta

import pytest

from members.models import Membership, MembershipChange
from money.money import Money
from newsroom import clock
from payments import wishes
from payments.models import Donation
from tests.journeys.conftest import World
from tests.journeys.test_portal import sign_in


def kinds() -> list[str]:
    return list(MembershipChange.objects.values_list("kind", flat=True))


def button(story: World, donation: Donation, action: str, **more: object) -> None:
    """A button beside a subscription on Stripe's dashboard."""
    story.press(f"subscriptions/{donation.subscription}", action=action, **more)


def test_patron_raises_the_gift_and_pays_the_new_amount_from_the_next_charge_on(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=10)
    raised, _again = [wishes.raise_to(donation, Money(800, "EUR"), key="wish-1") for _click in range(2)]
    told.changes(800)
    story.settle()
    assert raised.amount_minor == 800
    assert story.prove()["received"]["EUR"]["payments"] == 500
    story.leap(days=30)
    assert story.prove()["received"]["EUR"]["payments"] == 1300
    assert Membership.objects.get().monthly_minor == 800
    assert kinds() == ["joined", "changed", "renewed"]
    assert story.letters() == ["welcome", "receipt", "raised", "receipt"]

    button(story, donation, "change", amount=300)
    told.changes(300)
    story.leap(days=31)
    assert story.prove()["received"]["EUR"]["payments"] == 1600
    assert kinds()[3:] == ["changed", "renewed"]


def test_covered_fee_stays_covered_when_the_gift_is_raised(story: World) -> None:
    donation = story.reader().give(amount="10", cover_fee="on")
    told = story.model.joins(1061)
    raised = wishes.raise_to(donation, Money(2000, "EUR"), key="wish")
    told.changes(raised.total.minor)
    assert (raised.amount_minor, raised.total.minor) == (2000, 2091)
    story.leap(days=33)
    assert story.prove()["settled"]["EUR"]["balance"] == 1000 + 2000


def test_signed_in_patron_is_offered_a_raise_instead_of_a_second_subscription(story: World) -> None:
    reader = story.reader()
    donation = reader.give()
    story.model.joins(500)
    assert donation.patron
    sign_in(reader, donation.patron)
    answer = reader.send(amount="9")
    assert answer.status_code == 200
    assert "/support/raise/" in answer.text
    assert Donation.objects.count() == 1
    story.prove()


def test_change_from_monthly_to_yearly_is_charged_at_once(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=5)
    button(story, donation, "change", amount=6000, interval="year")
    told.changes(6000, months=12)
    books = story.prove()
    assert books["received"]["EUR"]["payments"] == 6500
    assert (Membership.objects.get().monthly_minor, Donation.objects.get().interval) == (500, "yearly")
    story.leap(days=200)
    assert story.prove()["memberships"]["active"] == 1


def test_patron_pauses_by_our_verb_and_charging_goes_on_by_itself(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=10)
    wishes.pause(donation, until=clock.now() + timedelta(days=60), key="p")
    told.skips_charges()
    story.leap(days=40)
    assert story.prove()["memberships"]["paused"] == 1
    story.leap(days=21)
    told.goes_on()
    story.settle()
    assert kinds()[:2] == ["joined", "paused"]
    assert "resumed" in kinds()
    story.leap(days=25)
    assert story.prove()["memberships"]["active"] == 1


@pytest.mark.parametrize("verb", ["ours", "Stripe's"])
def test_patron_pauses_and_resumes(story: World, verb: str) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=10)
    if verb == "ours":
        wishes.pause(donation, until=clock.now() + timedelta(days=90), key="p")
        told.skips_charges()
    else:
        button(story, donation, "pause")
        told.stands_still()
    story.leap(days=28)
    assert story.prove()["memberships"]["paused"] == 1
    if verb == "ours":
        wishes.resume(donation, key="r")
    else:
        button(story, donation, "resume")
    told.goes_on()
    story.settle()
    story.prove()
    story.leap(days=31)
    assert story.prove()["memberships"]["active"] == 1
    assert kinds()[:2] == ["joined", "paused"]


def test_month_paused_in_its_middle_leaves_no_gap(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=15)
    wishes.pause(donation, until=clock.now() + timedelta(days=31), key="p")
    told.skips_charges()
    story.advance(days=32)
    told.goes_on()
    assert story.prove()["memberships"]["active"] == 1
    assert Membership.objects.get().paid_through == told.paid_through()
    assert "ended" not in kinds()
    story.advance(days=20)
    assert story.prove()["received"]["EUR"]["payments"] == 1000
    assert story.letters() == ["welcome", "receipt", "giving_changed", "giving_changed", "receipt"]


def test_credit_that_pays_a_whole_period_keeps_the_membership(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    button(story, donation, "pause")
    told.stands_still()
    story.leap(days=20)
    button(story, donation, "resume")
    told.goes_on()
    story.leap(days=29)
    books = story.prove()
    assert (books["memberships"]["active"], books["received"]["EUR"]["payments"]) == (1, 500)
    assert "ended" not in kinds()
    assert Membership.objects.get().paid_through == told.paid_through()
    story.leap(days=5)
    assert story.prove()["received"]["EUR"]["payments"] == 1000
