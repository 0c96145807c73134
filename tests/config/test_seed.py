"""The invented newsroom: its rows are those that living through it would have left, and it goes on living."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from pytest_django import Settings

from asks.models import Goal
from config.seed import people
from letters.models import Letter
from members.models import Consent, GiftMembership, Membership, MembershipChange
from newsroom import clock
from newsroom.models import DailyRate
from payments import gateway, names, reconciliation, replay, wording
from payments.models import Donation, Invoice, Payment, Receipt, RefundRequest
from reports.figures import money
from tests.journeys.conftest import World, sandbox, world

__all__ = ["sandbox", "world"]

UNTIL = datetime(2026, 3, 31, tzinfo=UTC)


def everything() -> dict[str, list[dict[str, Any]]]:
    """What `replay` may rewrite."""
    kinds: tuple[Any, ...] = (Donation, Invoice, Payment, Membership, MembershipChange, GiftMembership, Receipt, Letter)
    return {kind.__name__: list(kind.objects.order_by("pk").values()) for kind in kinds}


@pytest.fixture
def seeded(world: World) -> World:
    call_command("seed", patrons=26, months=9, verbosity=0)
    gateway.forget_client()
    return world


def test_books_of_an_invented_newsroom_hold(seeded: World):
    proof = seeded.books()
    assert proof["memberships"]["active"] > 5
    assert proof["memberships"]["paused"] == 2
    assert proof["memberships"]["past_due"] >= 5
    assert proof["letters"] == {"queued": 0, "sent": Letter.objects.count(), "failed": 0}
    assert set(proof["settled"]) >= {"EUR"}


def test_invented_failures_recovered_in_every_way(seeded: World):
    assert set(Invoice.objects.exclude(recovered_by="").values_list("recovered_by", flat=True)) >= {"card", "giver"}
    assert {"payment_failed", "recovered", "last_notice"} <= set(Letter.objects.values_list("occasion", flat=True))


def test_invented_gift_memberships_stand_in_every_state(seeded: World):
    assert {gift.state for gift in GiftMembership.objects.all()} == {"delivered", "waiting", "claimed"}
    assert Membership.objects.filter(source="gift").count() == 1


def test_staff_of_the_invented_newsroom_have_done_their_part(seeded: World):
    givers = Donation.objects.exclude(giver="reader")
    assert set(givers.values_list("giver", flat=True)) == {"grant", "institution"}
    assert sum(one.institutional_minor for one in money.seen(UNTIL.date().replace(year=2000), clock.today())) == sum(
        givers.values_list("amount_minor", flat=True)
    )
    granted = Membership.objects.filter(source="grant")
    assert set(granted.values_list("granted__kind", flat=True)) == {"solidarity", "complimentary"}
    assert set(granted.exclude(ended_at=None).values_list("end_reason", flat=True)) == {"expired"}
    assert Goal.objects.get().first_on < clock.today()
    assert DailyRate.objects.filter(currency="UAH", into="EUR").count() == 10
    assert RefundRequest.objects.open().count() == 1


def test_whoever_shows_a_name_in_the_invented_newsroom_has_agreed_to_it_in_their_language(seeded: World):
    named = Donation.objects.filter(display="named", payments__isnull=False)
    agreed = Consent.objects.filter(withdrawn_at=None)
    assert {consent.patron_id for consent in agreed} == set(named.values_list("patron", flat=True)) != set()
    for consent in agreed:
        assert (
            consent.given_at
            == Payment.objects.filter(donation__in=named, donation__patron=consent.patron)
            .earliest("created_at")
            .created_at
        )
        with translation.override(consent.language):
            assert consent.text == str(names.AGREED)


def test_invented_newsroom_is_the_same_at_stripe(seeded: World):
    assert reconciliation.catch_up() == 0
    assert reconciliation.reconcile() == []


def test_deriving_the_invented_past_again_changes_nothing(seeded: World):
    before = everything()
    report = replay.replay(everything=True)
    assert report.ok, report
    assert report.looked_at > 40
    assert everything() == before


def test_receipts_are_numbered_in_the_order_of_time(seeded: World):
    assert {payment.state for payment in Payment.objects.all()} == {"succeeded"}
    for year in {receipt.year for receipt in Receipt.objects.all()}:
        in_time = Receipt.objects.filter(year=year).order_by("issued_at", "pk").values_list("number", flat=True)
        assert list(in_time) == list(range(1, len(in_time) + 1))


def test_living_subscriptions_renew_and_failing_ones_fail(seeded: World):
    live = set(Donation.objects.filter(subscription_status="active", cancels_at=None, interval="monthly"))
    failing = set(Donation.objects.filter(subscription_status="past_due"))
    leaving = set(Donation.objects.exclude(cancels_at=None))
    now = clock.now()
    assert live
    assert {wording.cause(invoice.failure_code) for invoice in Invoice.objects.failing()} == {*wording.CAUSES, "unsaid"}
    assert len(leaving) == 2
    seeded.sandbox.post("clock", advance=32 * 86_400)
    seeded.settle()
    for donation in live:
        donation.refresh_from_db()
        assert donation.state == "live"
        assert donation.payments.filter(paid_at__gte=now).exists()
    for donation in leaving:
        donation.refresh_from_db()
        assert donation.stripe_end_reason == "cancellation_requested"
    ended = {donation for donation in failing if Donation.objects.get(pk=donation.pk).state == "ended"}
    (recovered,) = failing - ended  # its next attempt was made with a good card
    assert recovered.invoices.exclude(recovered_by="").get().recovered_by == "retry"
    seeded.books()


def test_the_same_seed_invents_the_same():
    first, second, other = (people.invent(40, 24, seed, UNTIL) for seed in (7, 7, 8))
    assert first == second
    assert first != other


def test_invented_people_cannot_be_reached_and_gave_before_the_end():
    gifts = people.invent(120, 24, 1, UNTIL)
    assert len({gift.person.email for gift in gifts}) == 120
    assert all(gift.person.email.endswith("@example.org") for gift in gifts)
    assert all(gift.started_at < UNTIL for gift in gifts)
    assert {gift.interval for gift in gifts} == {"once", "monthly", "yearly"}
    assert {gift.currency for gift in gifts} == {"EUR", "USD", "GBP", "UAH", "PLN", "JPY"}


@pytest.mark.parametrize("day", [1, 28, 31])
def test_months_end_where_the_calendar_says(day: int):
    anchor = datetime(2026, 1, day, 9, tzinfo=UTC)
    assert people.boundary(anchor, 1) == datetime(2026, 2, min(day, 28), 9, tzinfo=UTC)
    assert people.boundary(anchor, -11) == datetime(2025, 2, min(day, 28), 9, tzinfo=UTC)
    assert people.boundary(anchor, 12) == datetime(2027, 1, day, 9, tzinfo=UTC)


def test_no_newsroom_is_invented_among_real_donations(db: None):
    Donation.objects.create(interval="once", amount_minor=500, currency="EUR")
    with pytest.raises(CommandError, match="already"):
        call_command("seed", patrons=3, months=3)
    assert Donation.objects.count() == 1


def test_no_newsroom_is_invented_in_an_installation(db: None, settings: Settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("seed", patrons=3, months=3)
    assert not Donation.objects.exists()
