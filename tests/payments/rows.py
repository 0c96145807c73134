"""Rows of giving for tests that look at letters and receipts: as the verbs leave them, without the way there."""

from datetime import UTC, date, datetime
from typing import Any

from members.models import Patron
from payments.models import Dispute, Donation, Invoice, Payment, Receipt, Refund

# Eleven at night on 30 November in UTC is already 1 December in Kyiv.
PAID_AT = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
NEXT_AT = datetime(2026, 12, 30, 23, 0, tzinfo=UTC)


def patron(**facts: Any) -> Patron:
    return Patron.objects.create(**{"email": "olena@example.org", "name": "Olena Bondar", "language": "en"} | facts)


def monthly(**facts: Any) -> Donation:
    """A running monthly donation of 5 EUR by Olena."""
    giver = facts.pop("patron", None) or patron(language=facts.get("language", "en"))
    running = {
        "interval": "monthly", "amount_minor": 500, "currency": "EUR", "state": "live", "patron": giver,
        "email": giver.email, "name": giver.name, "language": giver.language, "subscription": "sub_1",
        "subscription_status": "active", "period_end": NEXT_AT, "card_brand": "visa", "card_last4": "4242",
        "card_expires_on": date(2026, 12, 31),
    }  # fmt: skip
    return Donation.objects.create(**running | facts)


def once(**facts: Any) -> Donation:
    """A gift of 25 GBP, given once by Olena."""
    giver = patron(language=facts.get("language", "en"))
    given = {
        "interval": "once", "amount_minor": 2500, "currency": "GBP", "state": "given", "patron": giver,
        "email": giver.email, "name": giver.name, "language": giver.language,
    }  # fmt: skip
    return Donation.objects.create(**given | facts)


def invoice(donation: Donation, **facts: Any) -> Invoice:
    """An invoice of the donation that has failed once and will be tried again on 3 December."""
    failing = {
        "stripe_id": "in_1", "donation": donation, "status": "open", "amount_due_minor": donation.total.minor,
        "currency": donation.currency, "period_start": PAID_AT, "period_end": NEXT_AT, "attempt_count": 1,
        "next_attempt_at": datetime(2026, 12, 3, 12, 0, tzinfo=UTC), "failure_code": "insufficient_funds",
        "hosted_url": "https://invoice.stripe.com/i/acct_1/test_1", "created_at": PAID_AT,
    }  # fmt: skip
    return Invoice.objects.create(**failing | facts)


def payment(donation: Donation, **facts: Any) -> Payment:
    """What the donation's giver paid on 1 December (Kyiv) with the Visa that ends in 4242."""
    paid = {
        "donation": donation, "payment_intent": "pi_1", "charge": "ch_1", "amount_minor": donation.total.minor,
        "currency": donation.currency, "state": "succeeded", "method": "card", "card_brand": "visa",
        "card_last4": "4242", "paid_at": PAID_AT,
    }  # fmt: skip
    return Payment.objects.create(**paid | facts)


def receipt(paid: Payment, **facts: Any) -> Receipt:
    issued = {
        "payment": paid, "year": 2026, "number": 12, "language": paid.donation.language, "issued_at": PAID_AT
    }  # fmt: skip
    return Receipt.objects.create(**issued | facts)


def refund(paid: Payment, minor: int, **facts: Any) -> Refund:
    """A refund that has gone through; the payment's row says so too."""
    sent = Refund.objects.create(
        **{"stripe_id": f"re_{minor}", "payment": paid, "amount_minor": minor, "currency": paid.currency,
           "status": "succeeded", "created_at": NEXT_AT} | facts
    )  # fmt: skip
    paid.refunded_minor += minor if sent.counts else 0
    paid.save()
    return sent


def dispute(paid: Payment, **facts: Any) -> Dispute:
    opened = {
        "stripe_id": "dp_1", "payment": paid, "amount_minor": paid.amount_minor, "currency": paid.currency,
        "status": "needs_response", "reason": "fraudulent", "created_at": NEXT_AT,
        "evidence_due_at": datetime(2027, 1, 9, 23, 59, tzinfo=UTC),
    }  # fmt: skip
    return Dispute.objects.create(**opened | facts)
