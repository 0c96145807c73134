"""What became of Checkout sessions: paid, still being confirmed, given up."""

from dataclasses import dataclass

from django.db import transaction

from payments import arrivals, donations, gateway, inbox, locks, subscriptions
from payments.models import Donation
from payments.models.donation import DonationState
from payments.stripe_objects import Session


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a Checkout session: `paid`, `confirming`, `unpaid`, or `unknown` if none of ours is meant."""

    state: str
    donation: Donation | None = None


def outcome(session_id: str) -> Outcome:
    """The truth about a payment, from our own rows; until they know it, the worker is asked to look."""
    donation = Donation.objects.filter(checkout_session=session_id).first() if session_id else None
    if donation is None:
        return Outcome("unknown")
    if donation.payments.received().exists():
        return Outcome("paid", donation)
    if donation.state in {DonationState.ABANDONED, DonationState.FAILED}:
        return Outcome("unpaid", donation)
    if donation.state == DonationState.OPEN:
        inbox.look(session_id, "thanks")
    return Outcome("confirming", donation)


def refresh(session_id: str) -> set[str]:
    """Sets a donation's way through Checkout from Stripe's state of its session, then looks at what came of it.

    Returns the ids of what it looked at besides.
    """
    with locks.exclusive(session_id):
        seen = gateway.session(session_id)
        donation = Donation.objects.filter(reference=seen.reference).first() if seen.reference else None
        if donation is None:
            return set()
        with transaction.atomic():
            row = donations.lock(donation)
            if row.checkout_session == session_id or (row.checkout_session is None and row.attempt == seen.attempt):
                _set(row, seen)
    if seen.subscription:
        return {seen.subscription} | subscriptions.refresh(seen.subscription)
    if seen.payment_intent and seen.status == "complete":
        arrivals.refresh(seen.payment_intent)
        return {seen.payment_intent}
    return set()


def _set(donation: Donation, seen: Session) -> None:
    donation.checkout_session = seen.id
    if seen.status == "expired":
        donations.move(donation, DonationState.ABANDONED)
    elif seen.status == "complete" and seen.payment_status == "unpaid":
        donations.move(donation, DonationState.CONFIRMING)
    donation.save(update_fields=["checkout_session"])
