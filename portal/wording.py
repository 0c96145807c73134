"""A patron's gifts and payments in words, for the pages of the account."""

from datetime import timedelta
from typing import Any

from letters import printing
from money.money import Money
from newsroom import clock
from payments import dunning, names, wishes, wording
from payments.models import Donation, Payment


def giving(donation: Donation, language: str) -> dict[str, Any]:
    """A recurring donation: what is given, the next charge as Stripe last said it, and what is amiss."""
    ended = donation.subscription_ended_at
    return {
        "reference": donation.reference,
        "rhythm": wording.rhythm(donation, language),
        "is_monthly": donation.interval == "monthly",
        "since": printing.day(donation.created_at, language),
        "card": wording.card(donation.card_brand, donation.card_last4, language),
        "next_charge": wording.next_charge(donation, language),
        "paid_until": printing.day(donation.period_end, language) if donation.period_end else "",
        "ends": printing.day(donation.cancels_at, language) if donation.cancels_at else "",
        "ended": printing.day(ended, language) if ended else "",
        "resumes": printing.day(donation.resumes_at, language) if donation.resumes_at else "",
        "is_paused": donation.paused_at is not None,
        "is_waiting": wishes.waiting(donation),
        "owed": _owed(donation, language),
        "card_ends": _card_ends(donation, language),
    }


def _owed(donation: Donation, language: str) -> dict[str, Any]:
    """The oldest invoice whose payment failed: why, what mends it, and when it is tried again; empty if none is."""
    invoice = donation.invoices.failing().order_by("period_start").first()
    if invoice is None:
        return {}
    planned = wording.next_attempt(invoice)
    return {
        "amount": invoice.due.format(language),
        "why": wording.why(invoice.failure_code),
        "mend": dunning.mend(invoice),
        "next": printing.day(planned, language) if planned else "",
    }


def _card_ends(donation: Donation, language: str) -> str:
    """The card's last day, if it ends within 30 days or before the next charge."""
    last, due = donation.card_expires_on, donation.next_charge_at
    if last is None or not donation.has_live_subscription or donation.cancels_at:
        return ""
    is_soon = last <= clock.today() + timedelta(days=30) or (due is not None and last < clock.day(due))
    return printing.day(last, language) if is_soon else ""


def paid(payment: Payment, language: str) -> dict[str, Any]:
    """A payment, what became of it, and the name that stands beside it in public."""
    receipt = getattr(payment, "receipt", None)
    return {
        "pk": payment.pk,
        "day": printing.day(payment.paid_at or payment.created_at, language),
        "amount": payment.amount.format(language),
        "state": payment.get_state_display(),
        "is_received": payment.state == "succeeded",
        "method": wording.method(payment, language),
        "refunded": Money(payment.refunded_minor, payment.currency).format(language) if payment.refunded_minor else "",
        "taken": Money(payment.disputed_minor, payment.currency).format(language) if payment.disputed_minor else "",
        "receipt": str(receipt) if receipt else "",
        "shown_as": names.of(payment, names.Audience.PUBLIC),
    }
