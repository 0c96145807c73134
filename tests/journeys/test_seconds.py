"""Two subscriptions of one patron: one carries the membership at a time, and each hears only what is new to it."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from members.models import Membership, MembershipChange
from newsroom import clock
from newsroom.models import Newsroom
from payments import donations, reminders, subscriptions, wishes
from payments.models import Donation, Invoice
from tests.journeys.conftest import World
from tests.journeys.test_failing import LATER_FAILS, open_invoice_page

# There is no such moment east of Greenwich.
BEYOND_ALL_ZONES = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


def kinds(donation: Donation) -> list[str]:
    return list(MembershipChange.objects.filter(membership=donation.membership_id).values_list("kind", flat=True))


def lapsed(story: World) -> Donation:
    """A gift that Stripe still tries to collect, although the membership is over."""
    Newsroom.objects.update(grace_days=1)
    donation = story.reader().give()
    story.press(f"customers/{donation.customer}/card", number=LATER_FAILS)
    story.advance(days=34)
    donation.refresh_from_db()
    assert donation.has_live_subscription
    assert donation.lives_on
    assert kinds(donation) == ["joined", "failed", "ended"]
    assert "cancelled" not in story.letters()
    return donation


def test_lapse_is_no_end_of_charging_and_one_letter_tells_of_the_end(story: World) -> None:
    donation = lapsed(story)
    story.advance(days=8)
    donation.refresh_from_db()
    assert (donation.state, donation.lives_on) == ("ended", False)
    assert kinds(donation) == ["joined", "failed", "ended"]
    assert story.letters().count("cancelled") == 1
    story.books()


def test_lapsed_gift_that_is_paid_after_all_returns(story: World) -> None:
    donation = lapsed(story)
    assert story.reader().pay(open_invoice_page()).status_code == 303
    story.settle()
    donation.refresh_from_db()
    assert not donation.lives_on
    assert kinds(donation) == ["joined", "failed", "ended", "returned", "renewed"]
    assert story.books()["memberships"]["active"] == 1
    assert "cancelled" not in story.letters()


def test_gift_that_recovers_beside_a_new_one_waits_and_takes_its_membership_back(story: World) -> None:
    first = lapsed(story)
    own = first.membership_id
    second = story.reader().give(amount="7")
    assert story.reader().pay(open_invoice_page()).status_code == 303
    story.settle()
    first.refresh_from_db()
    assert (first.is_second, first.membership_id, second.is_second) == (True, own, False)
    assert not first.lives_on
    assert Membership.objects.live().get().pk == second.membership_id
    assert story.books()["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 1}
    story.sandbox.post("clock", advance=60)
    subscriptions.refresh(str(first.subscription))
    assert story.letters().count("second_subscription") == 1

    wishes.cancel_now(second)
    story.settle()
    first.refresh_from_db()
    assert (first.is_second, first.membership_id) == (False, own)
    assert kinds(first) == ["joined", "failed", "ended", "returned", "renewed"]
    assert Membership.objects.live().get().pk == own
    assert (story.letters().count("welcome"), story.letters().count("cancelled")) == (2, 1)
    story.books()
    wishes.cancel_now(first)
    story.settle()
    assert story.letters().count("cancelled") == 2
    story.books()


def test_second_gift_that_takes_over_is_not_welcomed_again(story: World) -> None:
    first = story.reader().give()
    second = story.reader().give(amount="7")
    assert second.is_second
    wishes.cancel_now(first)
    story.settle()
    second.refresh_from_db()
    assert (second.is_second, Membership.objects.live().get().pk) == (False, second.membership_id)
    assert story.letters().count("welcome") == 1
    story.books()


def test_gift_that_began_and_ended_unseen_is_a_membership_that_has_ended(story: World) -> None:
    url = story.reader().start()
    assert story.reader().pay(url).status_code == 303
    found = story.sandbox.client.v1.subscriptions.list({})
    story.sandbox.client.v1.subscriptions.cancel(found.data[0].id)
    story.settle()
    donation = Donation.objects.get()
    assert (donation.state, kinds(donation)) == ("ended", ["joined", "ended"])
    story.books()


@pytest.mark.parametrize("run", ["worker", "drain"])
def test_one_gift_that_cannot_be_settled_does_not_hold_up_the_others(
    story: World, run: str, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt, sound = story.reader().give(), story.reader().give(email="other@example.org")
    Donation.objects.filter(pk=spoilt.pk).update(period_end=BEYOND_ALL_ZONES)
    Invoice.objects.filter(donation=spoilt).update(period_end=BEYOND_ALL_ZONES)
    Donation.objects.update(card_expires_on=clock.today())
    Membership.objects.update(paid_through="2020-01-01")
    Newsroom.objects.update(grace_days=1)
    caplog.clear()
    if run == "drain":
        out = StringIO()
        call_command("drain", stdout=out)
        assert "lapsed memberships 1, reminders 1," in out.getvalue()
    else:
        assert (donations.lapse_due(), reminders.write_due()) == (1, 1)
    assert story.letters("other@example.org").count("card_expiring") == 1
    logged: list[Any] = [record.msg for record in caplog.records if record.name.startswith("payments.")]
    told = [(line["event"], line["donation"], line["error"]) for line in logged]
    assert told == [
        ("membership_not_lapsed", spoilt.pk, "OverflowError"),
        ("reminder_not_written", spoilt.pk, "OverflowError"),
    ]
    assert sound.membership_id
