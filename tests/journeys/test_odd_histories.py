"""Histories that cross one another: refunded, disputed, changed, paused or ended while something else went on."""

from datetime import timedelta

import pytest

from members.models import Membership
from money.money import Money
from newsroom import clock
from payments import refunds, wishes
from payments.models import Donation, Invoice, Payment, Refund
from tests.journeys.conftest import VISA, World
from tests.journeys.test_changing import button
from tests.journeys.test_failing import LATER_FAILS, open_invoice_page
from tests.model import Gift


@pytest.mark.parametrize(("currency", "parts"), [("EUR", [500, 700, 300]), ("UAH", [33_333, 10_001, 7_777])])
def test_one_of_several_partial_refunds_fails_and_its_money_is_refunded_again(
    story: World, currency: str, parts: list[int]
) -> None:
    donation = story.reader().give(interval="once", amount="1000" if currency == "UAH" else "25", currency=currency)
    given = story.model.gives(donation.total.minor, currency)
    payment = Payment.objects.get()
    for number, minor in enumerate(parts):
        refunds.issue(payment, Money(minor, currency), key=f"part {number}")
        given.refunded(minor)
        story.settle()
    story.prove()
    failing = Refund.objects.get(amount_minor=parts[1])
    story.press(f"refunds/{failing.stripe_id}/fail")
    given.refund_failed(parts[1])
    story.prove()
    rest = donation.total.minor - parts[0] - parts[2]
    assert refunds.left(Payment.objects.get()) == Money(rest, currency)
    refunds.issue(payment, Money(rest, currency), key="rest")
    given.refunded(rest)
    story.settle()
    assert story.prove()["received"][currency]["net_of_returns"] == 0
    assert not Payment.objects.get().stands


def failing(story: World, days: float = 32) -> tuple[Donation, Gift]:
    """Five euro a month, whose first renewal has failed."""
    donation = story.reader().give()
    told = story.model.joins(500)
    story.press(f"customers/{donation.customer}/card/turn", number=LATER_FAILS)
    told.card_becomes("bad")
    story.advance(days=days)
    return donation, told


def turn_good(story: World, donation: Donation, told: Gift) -> None:
    story.press(f"customers/{donation.customer}/card/turn", number=VISA)
    told.card_becomes("good")


def test_amount_that_changes_between_attempts_holds_from_the_next_period_on(story: World) -> None:
    donation, told = failing(story)
    wishes.give(donation, Money(900, "EUR"), covers_fee=False, key="more")
    told.changes(900)
    story.settle()
    assert story.prove()["memberships"]["past_due"] == 1
    turn_good(story, donation, told)
    story.advance(days=5)
    assert story.prove()["received"]["EUR"]["payments"] == 1000, "what was owed was owed at the old amount"
    story.advance(days=28)
    assert story.prove()["received"]["EUR"]["payments"] == 1900
    assert Membership.objects.get().monthly_minor == 900


def test_pause_while_past_due_leaves_what_is_owed_to_be_collected(story: World) -> None:
    donation, told = failing(story)
    wishes.pause(donation, until=clock.now() + timedelta(days=60), key="p")
    told.skips_charges()
    story.settle()
    assert story.prove()["memberships"]["paused"] == 1
    turn_good(story, donation, told)
    story.advance(days=5)
    assert story.prove()["received"]["EUR"]["payments"] == 1000
    story.advance(days=20)
    assert story.prove()["memberships"]["paused"] == 1
    wishes.resume(donation, key="r")
    told.goes_on()
    story.settle()
    story.advance(days=30)
    assert story.prove()["memberships"]["active"] == 1


def test_end_that_is_set_while_past_due_comes_with_its_period_once_it_has_recovered(story: World) -> None:
    donation, told = failing(story)
    button(story, donation, "cancel_at_period_end")
    told.leaves_with_the_period()
    story.prove()
    story.reader().pay(open_invoice_page())
    told.pays_what_is_owed()
    story.settle()
    assert story.prove()["memberships"]["active"] == 1
    story.advance(days=32)
    assert story.prove()["memberships"]["ended"] == 1
    assert Membership.objects.get().end_reason == "cancelled"


def test_invoice_that_is_paid_after_its_subscription_has_ended_is_money_and_no_membership(story: World) -> None:
    donation, told = failing(story)
    page = open_invoice_page()
    wishes.cancel_now(donation)
    told.ends()
    story.prove()
    assert story.reader().pay(page).status_code == 303
    story.model.gives(500)
    story.settle()
    books = story.prove()
    assert books["received"]["EUR"]["payments"] == 1000
    assert books["memberships"]["ended"] == 1
    assert Invoice.objects.failed().get().status == "paid"


def test_what_was_paid_is_refunded_and_disputed_after_the_gift_has_ended(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=33)
    wishes.cancel_now(donation)
    told.ends()
    first, second = donation.payments.order_by("paid_at")
    refunds.issue(first, Money(120, "EUR"), key="late")
    told.paid[0][0].refunded(120)
    story.settle()
    story.prove()
    opened = story.press("disputes", charge=str(first.charge), reason="fraudulent")
    told.paid[0][0].taken_by_bank()
    assert story.prove()["received"]["EUR"]["disputes"] == 380
    refunds.issue(second, Money(500, "EUR"), key="all")
    told.paid[1][0].refunded(500)
    story.settle()
    story.press(f"disputes/{opened['id']}", outcome="won")
    told.paid[0][0].given_back_by_bank()
    books = story.prove()
    assert books["received"]["EUR"]["net_of_returns"] == 380
    assert books["memberships"]["ended"] == 1


def test_one_patron_in_three_currencies_is_one_member(story: World) -> None:
    first = story.reader().give()
    told = story.model.joins(500)
    story.reader().give(interval="once", amount="3000", currency="JPY")
    yen = story.model.gives(3000, "JPY")
    second = story.reader().give(interval="yearly", amount="12000", currency="JPY")
    yearly = story.model.joins(12_000, "JPY", months=12)
    assert second.is_second
    assert story.prove()["memberships"]["active"] == 1
    refunds.issue(Payment.objects.get(donation=second), Money(4001, "JPY"), key="some")
    yearly.paid[0][0].refunded(4001)
    refunds.issue(Payment.objects.get(donation__interval="once"), Money(999, "JPY"), key="some yen")
    yen.refunded(999)
    story.settle()
    wishes.cancel_now(first)
    told.ends()
    story.settle()
    books = story.prove()
    assert books["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 1}
    assert Membership.objects.get(ended_at=None).currency == "JPY"
    story.leap(days=367)
    assert story.prove()["received"]["JPY"]["payments"] == 27_000


def test_gift_that_is_made_again_in_the_dashboard_after_its_end_makes_a_member_again(story: World) -> None:
    donation, told = failing(story, days=45)
    assert story.prove()["memberships"]["ended"] == 1
    assert told.has_ended
    client = story.sandbox.client.v1
    card = client.payment_methods.attach("pm_card_visa", {"customer": donation.customer})
    price = {"currency": "eur", "unit_amount": 700, "product": "hromada_support", "recurring": {"interval": "month"}}
    client.subscriptions.create(
        {"customer": donation.customer, "default_payment_method": card.id, "items": [{"price_data": price}]}
    )
    story.settle()
    story.model.joins(700)
    assert story.prove()["memberships"] == {"active": 1, "past_due": 0, "paused": 0, "ended": 1}
    story.leap(days=32)
    assert story.prove()["received"]["EUR"]["payments"] == 500 + 2 * 700
