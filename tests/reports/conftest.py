"""Browsers of staff, signed in with their second factor, and rows for them to look at."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from members.models import Patron
from money.money import Money
from newsroom import clock
from payments import offline
from payments.models import Donation, Payment, StripeEvent
from tests import signing_in


def ten_euros() -> Payment:
    donation = Donation.objects.create(interval="once", amount_minor=1000, currency="EUR", state="given")
    return Payment.objects.create(
        donation=donation, payment_intent="pi_1", amount_minor=1000, currency="EUR", state="succeeded",
        paid_at=clock.now(),
    )  # fmt: skip


def running(patron: Patron) -> Donation:
    """Five euros a month by card, as Stripe last told of it."""
    now = clock.now()
    return Donation.objects.create(
        patron=patron, interval="monthly", amount_minor=500, currency="EUR", state="live", email=patron.email,
        subscription=f"sub_{patron.pk}", subscription_status="active", customer=f"cus_{patron.pk}", anchor_at=now,
        period_end=clock.months_later(now, 1), card_brand="visa", card_last4="4242",
    )  # fmt: skip


@pytest.fixture
def staff(db: None) -> Callable[[str], Client]:
    """`staff("finance")` is the browser of somebody in that role."""

    def browser(role: str) -> Client:
        return signing_in.at_once(signing_in.patron(f"{role}@newsroom.example", role, second_factor=True))

    return browser


@pytest.fixture
def payment(db: None) -> Payment:
    """A bank transfer of 25 euros from olena@example.org."""
    money, today = Money(2500, "EUR"), clock.today()
    return offline.record(email="olena@example.org", amount=money, received_on=today, reference="B-1", name="Olena K.")


@pytest.fixture
def olena(payment: Payment) -> Patron:
    return Patron.objects.get(email="olena@example.org")


@pytest.fixture
def stripe_payment(db: None) -> Payment:
    """Ten euros through Stripe, from nobody in particular."""
    return ten_euros()


def dead_event() -> StripeEvent:
    body = {"id": "evt_1", "type": "charge.updated", "data": {"object": {"billing_details": {"name": "Olena K."}}}}
    return StripeEvent.objects.create(
        event_id="evt_1", type="charge.updated", livemode=False, aggregate="pi_1", body=json.dumps(body).encode(),
        state="dead", attempts=10, error="KeyError", created_at=clock.now(),
    )  # fmt: skip


@pytest.fixture(name="dead_event")
def _dead_event(db: None) -> StripeEvent:
    return dead_event()
