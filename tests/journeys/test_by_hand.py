"""Subscriptions that the newsroom makes or changes by hand in Stripe's dashboard."""

from typing import Any

import pytest

from members.models import Membership, Patron
from payments import reconciliation
from payments.models import Donation, LedgerEntry, Payment, StripeEvent
from tests.journeys.conftest import World
from tests.journeys.test_portal import Account, sign_in

HAND = "hand@example.org"


def customer(story: World, email: str | None = HAND) -> str:
    """Somebody with a card, entered in the dashboard."""
    client = story.sandbox.client.v1
    made = client.customers.create({"email": email} if email else {"description": "no address"})
    card = client.payment_methods.attach("pm_card_visa", {"customer": made.id})
    client.customers.update(made.id, {"invoice_settings": {"default_payment_method": card.id}})
    return str(made.id)


def subscribe(story: World, who: str, minor: int, *, product: str = "hromada_support", **recurring: Any) -> str:
    price = {"currency": "eur", "unit_amount": minor, "product": product, "recurring": recurring}
    made = story.sandbox.client.v1.subscriptions.create({"customer": who, "items": [{"price_data": price}]})
    story.settle()
    return str(made.id)


@pytest.fixture
def begun(story: World) -> World:
    """Somebody has given once: the product exists at Stripe."""
    story.reader().give(interval="once", amount="25")
    story.model.gives(2500)
    return story


@pytest.mark.parametrize(("count", "words"), [(3, "€30.00 every 3 months"), (6, "€30.00 every 6 months")])
def test_gift_every_few_months_made_by_hand_is_like_any_other(begun: World, count: int, words: str) -> None:
    name = subscribe(begun, customer(begun), 3000, interval="month", interval_count=count)
    told = begun.model.joins(3000, months=count, who=HAND)
    donation = Donation.objects.get(subscription=name)
    assert (donation.interval, donation.months, donation.state) == ("several", count, "live")
    membership = Membership.objects.get()
    assert (membership.interval_months, membership.monthly_minor) == (count, 3000 // count)
    assert begun.letters(HAND) == ["welcome", "receipt"]
    begun.prove()
    begun.leap(days=31 * count)
    assert begun.prove()["received"]["EUR"]["count"] == 3
    account = Account(begun.reader(), donation)
    sign_in(account.reader, Patron.objects.get(email=HAND))
    assert words in account.home()
    assert "From now on you give €36.00 every" in account.send("amount", amount="36")
    told.changes(3600)
    recurring = account.at_stripe()["items"].data[0].price.recurring
    assert (recurring.interval, recurring.interval_count) == ("month", count), "the rhythm stays"
    account.send("rhythm", amount="12")
    told.changes(1200, months=1)
    donation.refresh_from_db()
    assert (donation.interval, donation.every_months) == ("monthly", 0)
    begun.prove()


def test_gift_that_is_set_to_quarters_by_hand_is_charged_by_the_quarter(story: World) -> None:
    donation = story.reader().give()
    told = story.model.joins(500)
    story.leap(days=5)
    client = story.sandbox.client.v1
    item = client.subscriptions.retrieve(str(donation.subscription))["items"].data[0].id
    price = {"currency": "eur", "unit_amount": 1500, "product": "hromada_support",
             "recurring": {"interval": "month", "interval_count": 3}}  # fmt: skip
    client.subscriptions.update(
        str(donation.subscription),
        {"items": [{"id": item, "price_data": price}], "proration_behavior": "none"},
    )
    story.settle()
    told.changes(1500, months=3)
    assert story.prove()["received"]["EUR"]["payments"] == 2000
    membership = Membership.objects.get()
    assert (membership.interval_months, membership.monthly_minor) == (3, 500)
    story.leap(days=95)
    assert story.prove()["received"]["EUR"]["payments"] == 3500
    story.press(f"subscriptions/{donation.subscription}", action="cancel")
    told.ends()
    story.prove()
    donation.refresh_from_db()
    assert donation.again == {"amount": "5.00", "currency": "EUR", "interval": "monthly"}


def test_second_one_made_by_hand_for_a_patron_waits_beside_the_first(begun: World) -> None:
    donation = begun.reader().give()
    begun.model.joins(500)
    card = begun.sandbox.client.v1.subscriptions.retrieve(str(donation.subscription)).default_payment_method
    begun.sandbox.client.v1.customers.update(
        donation.customer, {"invoice_settings": {"default_payment_method": str(card)}}
    )
    name = subscribe(begun, donation.customer, 900, interval="month")
    begun.model.joins(900)
    made = Donation.objects.get(subscription=name)
    assert (made.patron, made.is_second) == (donation.patron, True)
    assert "second_subscription" in begun.letters()
    begun.press(f"subscriptions/{donation.subscription}", action="cancel")
    begun.model.gifts[0].ends()
    assert begun.prove()["memberships"]["active"] == 1, "recreated in the dashboard, it takes over"


def test_one_charged_by_the_week_says_so_and_holds_up_nobody_else(begun: World) -> None:
    subscribe(begun, customer(begun), 200, interval="week")
    assert "charged by the week; only months and years can be followed" in str(
        set(StripeEvent.objects.values_list("error", flat=True))
    )
    begun.reader().give(email="other@example.org")
    assert {found.kind for found in reconciliation.reconcile()} <= {
        "subscription unknown here", "movement unknown here", "balance differs",
    }  # fmt: skip
    assert Donation.objects.filter(interval="several").count() == 0


def test_another_product_on_the_account_makes_no_member(begun: World) -> None:
    client = begun.sandbox.client.v1
    product = client.products.create({"name": "Photo prints"}).id
    name = subscribe(begun, customer(begun), 4000, product=product, interval="month")
    begun.advance(hours=3)
    assert not Membership.objects.exists()
    assert not Donation.objects.filter(subscription=name).exists()
    assert Payment.objects.count() == 1
    assert LedgerEntry.objects.filter(kind="adjustment", payment=None).exists()


def test_customer_without_an_address_is_waited_for(begun: World) -> None:
    who = customer(begun, email=None)
    name = subscribe(begun, who, 3000, interval="month", interval_count=3)
    assert not Donation.objects.filter(subscription=name).exists()
    begun.sandbox.client.v1.customers.update(who, {"email": HAND})
    begun.advance(hours=1)
    assert Donation.objects.get(subscription=name).patron == Patron.objects.get(email=HAND)
    assert begun.letters(HAND) == ["welcome", "receipt"]
    begun.books()
