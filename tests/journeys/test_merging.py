"""Somebody who gives under two addresses becomes one person: with two subscriptions, renewals, new gifts, and back."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from django.core import signing
from pytest_django import Settings

from members.models import EndReason, Membership, MembershipChange, Patron
from newsroom import clock
from payments import gateway, reconciliation, replay, seconds, wishes
from payments.models import Donation, Payment
from people import erasure, merge, merge_plan
from people.models import Merge
from reports import rollups
from reports.figures import monthly, persons
from reports.models import Movement
from tests import everywhere
from tests.journeys.conftest import World
from tests.journeys.test_by_hand import subscribe

OLD = "old@work.example"


def support() -> Patron:
    return Patron.objects.get_or_create(email="help@newsroom.example", defaults={"role": "support"})[0]


def two(story: World) -> tuple[Donation, Donation]:
    """Five euros a month from one address, a month later seven from another."""
    first = story.reader().give()
    story.advance(days=32)
    second = story.reader().give(email=OLD, amount="7")
    assert first.patron != second.patron
    return first, second


def put_together(first: Donation, second: Donation) -> Merge:
    assert first.patron
    assert second.patron
    done = merge.merge(first.patron, second.patron, reason="One person.", actor=support())
    first.refresh_from_db()
    second.refresh_from_db()
    return done


def closings() -> dict[date, Fraction]:
    """What running gifts bring at the end of each month, in euros' cents."""
    rollups.follow()
    assert rollups.prove()
    return {step.month: step.closing for step in monthly.steps(clock.today().replace(day=1))["EUR"]}


def active() -> int:
    return persons.crowds(clock.today().replace(day=1))[0][-1].closing


def sound(story: World) -> None:
    """The books hold, nothing differs from Stripe, and deriving everything anew changes nothing."""
    story.sandbox.post("clock", advance=120)
    story.settle()
    story.books()
    assert reconciliation.reconcile() == []
    assert replay.replay(everything=True).ok
    story.books()


def kinds(donation: Donation) -> list[str]:
    return list(MembershipChange.objects.filter(membership=donation.membership_id).values_list("kind", flat=True))


def test_of_two_subscriptions_one_carries_the_membership_and_the_other_waits_for_a_decision(story: World) -> None:
    first, second = two(story)
    before = closings()
    assert list(before.values())[-1] == 1200
    assert active() == 2
    put_together(first, second)
    after = closings()
    month = clock.today().replace(day=1)
    assert after[month] == 500
    assert active() == 1
    assert {one: sum_ for one, sum_ in after.items() if one < month} == {
        one: sum_ for one, sum_ in before.items() if one < month
    }
    assert list(Movement.objects.order_by("id").values_list("kind", flat=True)) == ["new", "expansion", "correction"]
    assert (second.patron, second.is_second, kinds(second)) == (first.patron, True, ["joined", "ended", "moved"])
    assert Membership.objects.live().get().pk == first.membership_id
    story.settle()
    assert story.letters().count("second_subscription") == 1
    sound(story)

    story.advance(days=32)
    assert story.letters().count("second_subscription") == 1
    assert {payment.donation.patron for payment in Payment.objects.all()} == {first.patron}
    assert second.membership
    assert Membership.objects.get(pk=second.membership.pk).end_reason == EndReason.MERGED
    token = signing.dumps(str(second.reference), salt="payments.second")
    page = story.reader().session.get(f"{story.url}/support/second/{token}/", timeout=30).text
    assert "€5.00" in page
    assert "€7.00" in page
    seconds.merge(second)
    story.settle()
    first.refresh_from_db()
    assert first.amount_minor == 1200
    assert closings()[clock.today().replace(day=1)] == 1200
    sound(story)


def test_what_comes_by_the_old_address_or_customer_arrives_and_undoing_brings_back_only_what_went(
    story: World,
) -> None:
    first, second = two(story)
    done = put_together(first, second)
    once = story.reader().give(email=OLD, interval="once", amount="20")
    client = story.sandbox.client.v1
    card = client.payment_methods.attach("pm_card_visa", {"customer": second.customer})
    client.customers.update(second.customer, {"invoice_settings": {"default_payment_method": card.id}})
    by_hand = Donation.objects.get(subscription=subscribe(story, second.customer, 900, interval="month"))
    assert once.patron == by_hand.patron == first.patron
    assert by_hand.is_second
    assert Patron.objects.filter(email=OLD).count() == 1
    sound(story)

    merge.undo(done, reason="Two people.", actor=support())
    story.settle()
    for row in (first, second, once, by_hand):
        row.refresh_from_db()
    assert second.patron
    assert second.patron.email == OLD
    assert {row.patron for row in (first, once, by_hand)} == {first.patron}
    assert (second.is_second, kinds(second)) == (False, ["joined", "ended", "moved", "moved", "returned"])
    assert Membership.objects.live().count() == 2
    assert closings()[clock.today().replace(day=1)] == 1200
    assert active() == 2
    told = Movement.objects.filter(patron=second.patron).order_by("id").values_list("kind", flat=True)
    assert list(told) == ["new", "correction", "correction"]
    assert "raised" not in story.letters(OLD)
    sound(story)


def test_when_the_first_ends_the_other_carries_the_membership(story: World) -> None:
    first, second = two(story)
    done = put_together(first, second)
    wishes.cancel_now(first)
    story.settle()
    second.refresh_from_db()
    assert (second.is_second, kinds(second)) == (False, ["joined", "ended", "moved", "returned"])
    assert closings()[clock.today().replace(day=1)] == 700
    told = list(Movement.objects.order_by("id").values_list("kind", flat=True))
    assert told == ["new", "expansion", "correction", "contraction", "expansion"]  # a switch: nobody left
    sound(story)
    merge.undo(done, reason="Two people.", actor=support())
    second.refresh_from_db()
    assert Membership.objects.live().get().patron == second.patron
    assert second.patron != first.patron
    sound(story)


def test_erasing_the_person_ends_both_gifts_and_deletes_both_customers(
    story: World, settings: Settings, tmp_path: Path
) -> None:
    settings.ERASED_FILE = str(tmp_path / "erased.txt")
    first, second = two(story)
    done = put_together(first, second)
    assert first.patron
    erasure.ask(first.patron)
    story.settle()
    erasure.carry_on()
    story.settle()
    erasure.carry_on()
    assert [gateway.has_customer(name) for name in (first.customer, second.customer)] == [False, False]
    assert not Donation.objects.running().exists()
    assert everywhere.found(OLD, "reader@example.org") == []
    with pytest.raises(merge_plan.Forgotten):
        merge.undo(done, reason="r", actor=support())
    story.books()
